using System.Numerics;

namespace GpuCtr.Engine.Data;

/// <summary>
/// 64-bit value → table row. Values close together are looked up in a plain array, others in an open-addressed table with
/// linear probing; both are read-only after construction and safe for many threads.
/// </summary>
internal sealed class IdIndex
{
    private readonly int[] rows; // 0 = empty: row 0 is padding and never the row of a value
    private readonly long[] keys;
    private readonly long first;
    private readonly int shift;

    /// <param name="values">Distinct values; value i gets row firstRow + i.</param>
    /// <param name="firstRow">At least 1.</param>
    public IdIndex(ReadOnlySpan<long> values, int firstRow)
    {
        long low = long.MaxValue, high = long.MinValue;
        foreach (long value in values)
            (low, high) = (Math.Min(low, value), Math.Max(high, value));
        first = low;
        ulong span = values.IsEmpty ? 0 : unchecked((ulong)(high - low));
        if (span <= 4UL * (ulong)values.Length + 1024)
        {
            keys = [];
            rows = new int[(int)span + 1];
            for (int i = 0; i < values.Length; i++)
                rows[(int)(values[i] - low)] = firstRow + i;
            return;
        }

        int size = (int)BitOperations.RoundUpToPowerOf2((uint)values.Length * 2);
        shift = 64 - BitOperations.Log2((uint)size);
        keys = new long[size];
        rows = new int[size];
        for (int i = 0; i < values.Length; i++)
        {
            int at = Slot(values[i]);
            while (rows[at] != 0)
                at = (at + 1) & (size - 1);
            (keys[at], rows[at]) = (values[i], firstRow + i);
        }
    }

    /// <summary>The row of a value, or <paramref name="unseen"/>.</summary>
    public int Find(long value, int unseen)
    {
        if (keys.Length == 0)
        {
            ulong at = unchecked((ulong)(value - first));
            int row = at < (ulong)rows.Length ? rows[(int)at] : 0;
            return row != 0 ? row : unseen;
        }

        for (int at = Slot(value); rows[at] != 0; at = (at + 1) & (keys.Length - 1))
        {
            if (keys[at] == value)
                return rows[at];
        }

        return unseen;
    }

    // Fibonacci hashing over mixed bits: ids that are multiples of a power of two must not share a slot.
    private int Slot(long value)
    {
        ulong x = unchecked((ulong)value);
        x ^= x >> 32;
        return (int)(unchecked(x * 0x9E3779B97F4A7C15UL) >> shift);
    }
}
