using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Inspection;

/// <summary>
/// Finds rows that are equal in all columns: exactly for up to some millions of rows, beyond that from a sample by content. The columns of a row group
/// may be added in any order and concurrently.
/// </summary>
internal sealed class RepeatedRows
{
    private const int MostRows = 1 << 22, BlockRows = 1 << 10;

    private readonly HashSample<byte> sample = new(MostRows);
    private readonly Lock gate = new();
    private ulong[] hashes = [];
    private int rows;

    /// <summary>Starts a row group.</summary>
    public void Begin(int groupRows)
    {
        rows = groupRows;
        if (hashes.Length < rows)
            hashes = new ulong[rows];
        hashes.AsSpan(0, rows).Clear();
    }

    /// <summary>Adds a column of the row group.</summary>
    /// <param name="index">Index of the column.</param>
    /// <param name="column">The decoded column.</param>
    public void Add(int index, ColumnBuffer column)
    {
        ulong seed = RandomBits.Mix((ulong)index + 1);
        Span<ulong> block = stackalloc ulong[BlockRows];
        for (int from = 0; from < rows; from += BlockRows)
        {
            int count = Math.Min(BlockRows, rows - from);
            for (int r = 0; r < count; r++)
                block[r] = RandomBits.Mix(seed + RowHash(column, from + r));
            lock (gate)
            {
                for (int r = 0; r < count; r++)
                    hashes[from + r] += block[r];
            }
        }
    }

    /// <summary>Ends the row group, after all its columns.</summary>
    public void End()
    {
        foreach (ulong hash in hashes.AsSpan(0, rows))
            sample.Add(hash, 0);
    }

    /// <summary>Number of rows that repeat an earlier row, exact or estimated.</summary>
    public (long Rows, bool IsExact) Count()
    {
        long repeated = sample.Kept.Count - sample.Kept.DistinctBy(k => k.Hash).LongCount();
        return ((long)Math.Round(repeated / sample.Share), sample.Share == 1);
    }

    private static ulong RowHash(ColumnBuffer column, int r)
    {
        if (!column.IsList)
            return ValueHistogram.HashOf(column, r);
        ulong hash = 0;
        for (int i = column.Offsets[r]; i < column.Offsets[r + 1]; i++)
            hash = RandomBits.Mix(hash + ValueHistogram.HashOf(column, i));
        return hash;
    }
}
