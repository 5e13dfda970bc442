using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;

using Microsoft.Win32.SafeHandles;

namespace GpuCtr.Data.Batches;

/// <summary>
/// Cache of encoded row groups in a file of fixed-width values, so that epochs after the first do not read Parquet. Read with positioned
/// reads and checked by hash; may be deleted at any time between runs. Safe for several threads.
/// </summary>
/// <remarks>
/// FILE.blocks holds the arrays of the blocks one after the other. FILE.index has a line of JSON with a hash for each complete
/// block, so the complete blocks of a process that died can be used by the next one.
/// </remarks>
internal sealed class EncodedCache : IDisposable
{
    /// <summary>Format version of the index; part of the key.</summary>
    public const int Format = 4;

    private readonly Lock gate = new();
    private readonly SafeFileHandle data;
    private readonly StreamWriter index;
    private readonly Entry?[] entries;
    private long end;

    private sealed record Entry(int Block, long Offset, string Xxh3, long[] Oov, long[] NewNulls, int[] Counts, long[] CutRows, long[] CutValues, BadRow[] Bad, BoundedNumbers[] Bounded);

    private EncodedCache(string path, string key, int blocks)
    {
        entries = new Entry?[blocks];
        string indexPath = path + ".index";
        string[] lines = File.Exists(indexPath) && File.Exists(path + ".blocks") ? File.ReadAllLines(indexPath) : [];
        bool known = lines.Length > 0 && lines[0] == key;
        data = File.OpenHandle(path + ".blocks", known ? FileMode.Open : FileMode.Create, FileAccess.ReadWrite, FileShare.Read);
        foreach (string line in known ? lines.Skip(1) : [])
        {
            if (Parse(line) is { } entry && entry.Block >= 0 && entry.Block < blocks)
                entries[entry.Block] = entry;
        }

        end = RandomAccess.GetLength(data);
        index = new StreamWriter(indexPath, append: known) { AutoFlush = true };
        if (!known)
            index.WriteLine(key);
    }

    /// <summary>Number of damaged blocks, which were encoded again.</summary>
    public int Rejected { get; private set; }

    /// <summary>Why writing has stopped; null if it has not.</summary>
    public string? Trouble { get; private set; }

    /// <summary>Opens a cache; it is empty unless it was written with the same key.</summary>
    /// <param name="path">Path without an extension.</param>
    /// <param name="key">Everything that the blocks depend on, on one line.</param>
    /// <param name="blocks">Total number of blocks.</param>
    /// <exception cref="IOException">It cannot be created.</exception>
    public static EncodedCache Open(string path, string key, int blocks)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return new EncodedCache(path, key, blocks);
    }

    /// <summary>Removes the files of a cache.</summary>
    public static void Delete(string path)
    {
        foreach (string file in new[] { path + ".blocks", path + ".index" }.Where(File.Exists))
            File.Delete(file);
    }

    /// <summary>A block; null if it is absent or damaged.</summary>
    public EncodedBlock? Read(int block, RowGroupRef source, BlockShape shape, BudgetedArrayPool? pool)
    {
        if (entries[block] is not { } entry || entry.Counts.Length != shape.Sequences)
            return null;
        var read = new EncodedBlock(source, shape, pool) { Oov = entry.Oov, NewNulls = entry.NewNulls };
        for (int s = 0; s < shape.Sequences; s++)
        {
            read.Sequences[s] = new EncodedSequence(
                EncodedBlock.New<int>(pool, entry.Counts[s]), EncodedBlock.New<int>(pool, source.Rows + 1), entry.Counts[s], entry.CutRows[s], entry.CutValues[s]);
        }

        var transfer = new Transfer(data, entry.Offset, isWrite: false);
        if (transfer.Run(read) && transfer.Hash == entry.Xxh3)
        {
            foreach (BadRow bad in entry.Bad)
                read.LeaveOut(bad);
            read.Bounded.AddRange(entry.Bounded);
            return read;
        }

        entries[block] = null;
        lock (gate)
            Rejected++;
        if (pool is not null)
            read.Return(pool);
        return null;
    }

    /// <summary>Adds a block. A full disk is not an error: the cache then keeps what it has.</summary>
    public void Write(int block, EncodedBlock encoded)
    {
        if (Trouble is not null)
            return;
        try
        {
            long offset;
            lock (gate)
                offset = (end += Transfer.BytesOf(encoded)) - Transfer.BytesOf(encoded);
            var transfer = new Transfer(data, offset, isWrite: true);
            transfer.Run(encoded);
            var entry = new Entry(
                block, offset, transfer.Hash, encoded.Oov, encoded.NewNulls, [.. encoded.Sequences.Select(s => s.Count)],
                [.. encoded.Sequences.Select(s => s.CutRows)], [.. encoded.Sequences.Select(s => s.CutValues)], [.. encoded.BadRows], [.. encoded.Bounded]);
            lock (gate)
                index.WriteLine(Line(entry));
            entries[block] = entry;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            lock (gate)
                Trouble = e.Message;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        data.Dispose();
        try
        {
            index.Dispose();
        }
        catch (IOException)
        {
            // An index line that no longer fits is dropped.
        }
    }

    private static string Line(Entry entry)
    {
        string json = JsonSerializer.Serialize(entry);
        return $"{HashOf(json)} {json}";
    }

    private static Entry? Parse(string line)
    {
        int at = line.IndexOf(' ');
        return at > 0 && HashOf(line[(at + 1)..]) == line[..at] ? JsonSerializer.Deserialize<Entry>(line[(at + 1)..]) : null;
    }

    private static string HashOf(string json) => Hex(XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(json)));

    private static string Hex(ulong hash) => hash.ToString("x16", CultureInfo.InvariantCulture);

    /// <summary>Reads or writes the arrays of a block in their fixed order.</summary>
    private sealed class Transfer(SafeFileHandle file, long offset, bool isWrite)
    {
        private readonly XxHash3 hash = new();
        private bool whole = true;

        public string Hash => Hex(hash.GetCurrentHashAsUInt64());

        public static long BytesOf(EncodedBlock b) => 4L * b.Rows * (b.Shape.Fields + b.Shape.Numbers + (b.Shape.HasWeights ? 2 : 1)) + (b.Shape.HasGroupKeys ? 8L * b.Rows : 0)
            + b.Sequences.Sum(s => 4L * (s.Count + b.Rows + 1));

        /// <summary>Returns false if the file ends too soon.</summary>
        public bool Run(EncodedBlock b)
        {
            Move(MemoryMarshal.AsBytes(b.TableRows.AsSpan(0, b.Rows * b.Shape.Fields)));
            Move(MemoryMarshal.AsBytes(b.Numeric.AsSpan(0, b.Rows * b.Shape.Numbers)));
            Move(MemoryMarshal.AsBytes(b.Labels.AsSpan(0, b.Rows)));
            Move(MemoryMarshal.AsBytes(b.Weights.AsSpan(0, b.Shape.HasWeights ? b.Rows : 0)));
            Move(MemoryMarshal.AsBytes(b.GroupKeys.AsSpan(0, b.Shape.HasGroupKeys ? b.Rows : 0)));
            foreach (EncodedSequence s in b.Sequences)
            {
                Move(MemoryMarshal.AsBytes(s.Offsets.AsSpan(0, b.Rows + 1)));
                Move(MemoryMarshal.AsBytes(s.TableRows.AsSpan(0, s.Count)));
            }

            return whole;
        }

        private void Move(Span<byte> bytes)
        {
            if (isWrite)
                RandomAccess.Write(file, bytes, offset);
            for (int at = 0, read = 1; !isWrite && at < bytes.Length && whole; at += read)
            {
                read = RandomAccess.Read(file, bytes[at..], offset + at);
                whole = read > 0;
            }

            hash.Append(bytes);
            offset += bytes.Length;
        }
    }
}
