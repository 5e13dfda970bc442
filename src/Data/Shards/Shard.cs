using System.Collections.Concurrent;
using System.IO.Hashing;
using GpuCtr.Data.Parquet;
using GpuCtr.Data.Sources;

namespace GpuCtr.Data.Shards;

/// <summary>A row group of a set of shards.</summary>
/// <param name="Shard">Index of the shard in its set.</param>
/// <param name="Group">Index of the row group in its shard.</param>
/// <param name="FirstRow">Row of the shard at which it starts.</param>
/// <param name="Rows">Rows.</param>
public sealed record RowGroupRef(int Shard, int Group, long FirstRow, int Rows)
{
    /// <summary>Largest number of values of a column.</summary>
    internal long Values { get; init; } = Rows;

    /// <summary>Decompressed bytes of the largest column.</summary>
    internal long ColumnBytes { get; init; }
}

/// <summary>One Parquet file or object: its footer, and readers for its row groups.</summary>
public sealed class Shard
{
    // Sampled blocks that identify a large file, spread over it: the rows of another day differ in every block.
    private const int Samples = 8, SampleBytes = 1 << 16;

    private readonly ConcurrentBag<ShardReader> idle = [];
    private readonly Dictionary<string, StoredColumn> byName;

    private readonly Dictionary<string, PartitionColumn> partitions;
    private readonly IShardSource source;
    private readonly Footer? footer;
    private ulong? contentHash;

    private Shard(FoundShard found, int index, Footer footer, IEnumerable<PartitionColumn> partitions, bool keepsFooter)
    {
        source = found.Source;
        IsOfTable = found.Columns is not null;
        this.footer = keepsFooter ? footer : null;
        FooterHash = footer.Hash;
        // Columns of the file take precedence over those of its path.
        this.partitions = partitions.Where(p => footer.Layout(p.Column.Name) is null).ToDictionary(p => p.Column.Name, StringComparer.Ordinal);
        StoredColumn[] all = [.. footer.Columns.Select(l => l.Column), .. this.partitions.Values.Select(p => p.Column)];
        byName = all.ToDictionary(c => c.Name, StringComparer.Ordinal);
        Columns = [.. all.Where(c => !footer.Indexes.Contains(c.Name) && (this.partitions.ContainsKey(c.Name) || found.Columns?.Contains(c.Name) != false))];
        Indexes = [.. footer.Indexes.Where(byName.ContainsKey)];
        var groups = new RowGroupRef[footer.Groups];
        for (int g = 0; g < groups.Length; g++)
        {
            groups[g] = GroupOf(index, g, Rows, footer);
            Rows += groups[g].Rows;
        }

        RowGroups = groups;
    }

    /// <summary>Full path, or address of an object.</summary>
    public string Path => source.Path;

    /// <summary>Size when the shard was found.</summary>
    public long LengthBytes => source.LengthBytes;

    /// <summary>Time of the last change (UTC) of a file, or ETag of an object, when the shard was found.</summary>
    public string Version => source.Version;

    /// <summary>The last part of the path.</summary>
    internal string Name => source.Name;

    /// <summary>Its folder.</summary>
    internal IShardFolder Folder => source.Folder;

    /// <summary>Rows of all row groups.</summary>
    public long Rows { get; }

    /// <summary>XXH3 of the footer, which contains sizes, offsets and statistics of all columns.</summary>
    internal ulong FooterHash { get; }

    /// <summary>The top-level columns in file order, then the columns from the path or a table's log.</summary>
    public IReadOnlyList<StoredColumn> Columns { get; }

    /// <summary>Columns that are read only by name, see <see cref="PandasIndex"/>.</summary>
    internal IReadOnlyList<string> Indexes { get; }

    /// <summary>The row groups in file order.</summary>
    public IReadOnlyList<RowGroupRef> RowGroups { get; }

    /// <summary>Whether a table's log lists this file, so that its rows count even if another file has the same content.</summary>
    internal bool IsOfTable { get; }

    /// <summary>Opens a file and reads its footer.</summary>
    /// <exception cref="GpuCtrException">Data or InputOutput, see <see cref="ShardFooter"/>.</exception>
    public static Shard Open(string path, int index) => Open(new FoundShard(new FileSource(path), []), index, [], keepsFooter: true);

    /// <summary>Opens a file with one column per leaf of its schema at any depth, named with dots: add.path.</summary>
    /// <exception cref="GpuCtrException">Data or InputOutput, see <see cref="ShardFooter"/>.</exception>
    internal static Shard OpenLeaves(IShardSource source) => new(new FoundShard(source, []), 0, ShardFooter.Read(source, leaves: true), [], keepsFooter: true);

    internal static Shard Open(FoundShard found, int index, IEnumerable<PartitionColumn> partitions, bool keepsFooter) =>
        new(found, index, ShardFooter.Read(found.Source), partitions, keepsFooter);

    /// <summary>The place of a row of one of its row groups, for messages.</summary>
    internal DataPlace Place(RowGroupRef group, int row, string? column = null) => new(Path, group.Group, group.FirstRow + row, column);

    /// <summary>The column of that name, or null.</summary>
    public StoredColumn? Column(string name) => byName.GetValueOrDefault(name);

    /// <summary>Whether a column can be read as wanted: because of its type, as text from the path, or because it has no values.</summary>
    internal bool Has(ColumnRequest wanted) => Column(wanted.Name) is { } found
        && (wanted.Takes(found) || (wanted is { Kind: ValueKind.Text, IsList: false } && partitions.ContainsKey(wanted.Name)) || IsAllNull(wanted.Name));

    /// <summary>Whether a column has no values, so that its type does not matter. Reads until it finds a value; an unreadable row group counts as having one.</summary>
    internal bool IsAllNull(string column)
    {
        using ShardReader reader = Rent();
        ColumnBuffer buffer = new();
        try
        {
            return RowGroups.All(g =>
            {
                reader.Read(g.Group, column, buffer);
                return buffer.IsAllNull;
            });
        }
        catch (GpuCtrException)
        {
            return false;
        }
    }

    /// <summary>A reader for the calling thread; disposing it returns it for reuse.</summary>
    /// <exception cref="GpuCtrException">Data: the shard changed since it was found.</exception>
    public ShardReader Rent()
    {
        if (!idle.TryTake(out ShardReader? reader))
            reader = new ShardReader(new ShardStream(source), footer ?? ShardFooter.Read(source));
        try
        {
            reader.Open(this);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw GpuCtrException.IoError(new DataPlace(Path), $"cannot be opened any more ({e.Message})", e);
        }

        return reader;
    }

    /// <summary>XXH3 (64 bits) of the whole content; computed on first use.</summary>
    /// <exception cref="GpuCtrException">InputOutput: unreadable.</exception>
    public ulong ContentHash() => contentHash ??= Hash(whole: true);

    /// <summary>True if the other shard holds the same bytes; hashes both only if their sizes and footers are equal.</summary>
    public bool SameContentAs(Shard other) =>
        LengthBytes == other.LengthBytes && FooterHash == other.FooterHash && (Path == other.Path || ContentHash() == other.ContentHash());

    /// <summary>
    /// Identifies the content of this shard: by the XXH3 of the whole content, or the ETag of an object. If the whole content is not to be read, by the
    /// XXH3 of footer and samples, and the time: a change between the samples that keeps size, footer and time goes unnoticed.
    /// </summary>
    /// <param name="whole">Whether the whole content may be read.</param>
    /// <exception cref="GpuCtrException">InputOutput: unreadable.</exception>
    internal string ContentKey(bool whole) => contentHash is null && source.VersionIsContent ? Version
        : whole || contentHash is not null ? $"xxh3 {ContentHash():x16}"
        : $"xxh3 of samples {Hash(whole: false) ^ FooterHash:x16}, {Version}";

    /// <summary>The same including the partition values of the path.</summary>
    internal string Identity(string contentKey) => $"{LengthBytes} {FooterHash:x16} {contentKey} {string.Join(' ', partitions.Values)}";

    internal PartitionColumn? Partition(string name) => partitions.GetValueOrDefault(name);

    internal void Return(ShardReader reader)
    {
        if (footer is not null)
            idle.Add(reader);
    }

    private static RowGroupRef GroupOf(int shard, int group, long firstRow, Footer footer)
    {
        int rows = footer.Rows(group);
        (long values, long bytes) = (rows, 0);
        foreach (StoredChunk chunk in footer.Chunks(group))
            (values, bytes) = (Math.Max(values, chunk.Values), Math.Max(bytes, chunk.UncompressedBytes));
        return new RowGroupRef(shard, group, firstRow, rows) { Values = values, ColumnBytes = bytes };
    }

    private ulong Hash(bool whole)
    {
        try
        {
            using var stream = new ShardStream(source);
            stream.Open();
            var hash = new XxHash3();
            if (whole)
                hash.Append(stream);
            else
                AppendSamples(stream, hash);
            return hash.GetCurrentHashAsUInt64();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw GpuCtrException.IoError(new DataPlace(Path), $"cannot be read ({e.Message})", e);
        }
    }

    private static void AppendSamples(ShardStream stream, XxHash3 hash)
    {
        byte[] block = new byte[SampleBytes];
        for (long i = 0; i < Samples; i++)
            hash.Append(block.AsSpan(0, stream.Peek(Math.Max(0, stream.Length - SampleBytes) * i / (Samples - 1), block)));
    }
}
