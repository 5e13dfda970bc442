using System.Runtime.InteropServices;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Training.Checkpoints;

namespace GpuCtr.Training;

/// <summary>Vectors by id in a safetensors file: a tensor (V, D) of float32 and, unless the number of a row is its id, one (V) of integers.</summary>
internal sealed class SafeTensorsVectors : IVectorFile
{
    private const int ChunkRows = 1024;

    private readonly string path;
    private readonly long start;
    private readonly SafeTensorsEntry vectors;
    private readonly SafeTensorsEntry? ids;

    private SafeTensorsVectors(string path, long start, SafeTensorsEntry vectors, SafeTensorsEntry? ids) => (this.path, this.start, this.vectors, this.ids) = (path, start, vectors, ids);

    /// <summary>Opens the file.</summary>
    /// <exception cref="GpuCtrException">Usage: no such file. Data: broken, or other tensors than these.</exception>
    public static SafeTensorsVectors Open(string path)
    {
        if (!File.Exists(path))
            throw GpuCtrException.UsageError($"{path}: no such file");
        using FileStream file = File.OpenRead(path);
        GpuCtrException Bad(string what) => GpuCtrException.DataError(new DataPlace(path), $"{what}; write it again, with a tensor (V, D) of F32 and one (V) of I64");
        SafeTensorsHeader header = SafeTensorsHeader.Read(file, Bad);
        SafeTensorsEntry[] tables = [.. header.Entries.Values.Where(e => e is { Shape.Length: 2, Type: SafeTensorsHeader.Real })], lists = [.. header.Entries.Values.Where(e => e.Shape.Length == 1 && e.Type != SafeTensorsHeader.Real)];
        if (tables.Length != 1 || lists.Length > 1 || header.Entries.Count != tables.Length + lists.Length || lists.Any(l => l.Shape[0] != tables[0].Shape[0]) || tables[0].Shape[1] is 0 or > int.MaxValue / sizeof(float) / ChunkRows)
            throw Bad($"it has {string.Join(", ", header.Entries.Select(e => $"{e.Key} {e.Value.Type} ({string.Join(", ", e.Value.Shape)})"))}");
        return new(path, header.DataStart, tables[0], lists.FirstOrDefault());
    }

    /// <inheritdoc/>
    public IEnumerable<IdVector> Read(VocabularyTable values)
    {
        if (values.Kind == ValueKind.Text)
            throw GpuCtrException.UsageError($"{path}: its ids are integers, and those of the training rows are strings; write Parquet with a column of ids and one of lists");
        using FileStream file = File.OpenRead(path);
        long rows = vectors.Shape[0];
        int width = (int)vectors.Shape[1];
        float[] numbers = new float[ChunkRows * width];
        long[] keys = new long[ChunkRows];
        for (long first = 0; first < rows; first += ChunkRows)
        {
            int count = (int)Math.Min(ChunkRows, rows - first);
            ReadAt(file, vectors.Begin + first * width * sizeof(float), MemoryMarshal.AsBytes(numbers.AsSpan(0, count * width)));
            ReadIds(file, first, keys.AsSpan(0, count));
            for (int r = 0; r < count; r++)
                yield return new(new DataPlace(path, Row: first + r), values.RowOf(keys[r], ValueKind.Integer), numbers[(r * width)..((r + 1) * width)]);
        }
    }

    private void ReadIds(FileStream file, long first, Span<long> to)
    {
        for (int r = 0; r < to.Length; r++)
            to[r] = first + r;
        if (ids is { Type: "I64" })
        {
            ReadAt(file, ids.Begin + first * sizeof(long), MemoryMarshal.AsBytes(to));
        }
        else if (ids is not null)
        {
            int[] narrow = new int[to.Length];
            ReadAt(file, ids.Begin + first * sizeof(int), MemoryMarshal.AsBytes(narrow.AsSpan()));
            for (int r = 0; r < to.Length; r++)
                to[r] = narrow[r];
        }
    }

    private void ReadAt(FileStream file, long at, Span<byte> to)
    {
        file.Position = start + at;
        file.ReadExactly(to);
    }
}
