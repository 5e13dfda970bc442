using GpuCtr.Kernels.Ranks;

namespace GpuCtr.Kernels.Embedding;

/// <summary>Groups the lookups of a batch by the table row that they read: a stable radix sort on the host.</summary>
/// <remarks>Runs on the loader's thread ahead of the step; 12 bytes moved a lookup and pass, ⌈bits of ΣV / 11⌉ passes.</remarks>
public sealed class LookupSorter
{
    private const int DigitBits = 11;

    private readonly int[] counts = new int[1 << DigitBits];
    private readonly RowShards? shards;
    private int[] keys, values, otherKeys, otherValues;
    private int length;

    /// <param name="capacity">Largest number of lookups in a batch.</param>
    /// <param name="shards">Rows are represented by their <see cref="RowShards.Place"/>, and thus sorted by their rank; null: on one rank.</param>
    public LookupSorter(int capacity, RowShards? shards = null)
    {
        this.shards = shards;
        (keys, values) = (new int[capacity], new int[capacity]);
        (otherKeys, otherValues) = (new int[capacity], new int[capacity]);
    }

    /// <summary>Clears all lookups.</summary>
    public void Clear() => length = 0;

    /// <summary>Adds a lookup: the gradient at index <paramref name="gradient"/> belongs to table row <paramref name="row"/>.</summary>
    public void Add(int row, int gradient)
    {
        keys[length] = shards is null ? row : shards.Place(row);
        values[length++] = gradient;
    }

    /// <summary>Writes the sorted lookups; returns the number of distinct rows, U.</summary>
    /// <param name="tableRows">Number of table rows.</param>
    /// <param name="order">(P) gradient indices, grouped by row, and in the order of addition within a row.</param>
    /// <param name="segmentStart">(U + 1) start of each row's indices in <paramref name="order"/>.</param>
    /// <param name="segmentRow">(U) the rows, ascending.</param>
    public int Sort(int tableRows, Span<int> order, Span<int> segmentStart, Span<int> segmentRow)
    {
        for (int shift = 0; shift < 31 && (tableRows - 1) >> shift > 0; shift += DigitBits)
            Pass(shift);
        int segments = 0;
        for (int i = 0; i < length; i++)
        {
            order[i] = values[i];
            if (i > 0 && keys[i] == keys[i - 1])
                continue;
            segmentStart[segments] = i;
            segmentRow[segments++] = keys[i];
        }
        segmentStart[segments] = length;
        return segments;
    }

    private void Pass(int shift)
    {
        const int mask = (1 << DigitBits) - 1;
        Array.Clear(counts);
        for (int i = 0; i < length; i++)
            counts[keys[i] >> shift & mask]++;
        int sum = 0;
        for (int d = 0; d < counts.Length; d++)
            (counts[d], sum) = (sum, sum + counts[d]);
        for (int i = 0; i < length; i++)
        {
            int to = counts[keys[i] >> shift & mask]++;
            otherKeys[to] = keys[i];
            otherValues[to] = values[i];
        }
        (keys, otherKeys) = (otherKeys, keys);
        (values, otherValues) = (otherValues, values);
    }
}
