using System.Numerics;
using System.Runtime.CompilerServices;

namespace GpuCtr.Data.Features;

/// <summary>
/// 64-bit value → table row. Values close together are looked up in a plain array, others in an open-addressed table with
/// linear probing; both are read-only after construction and safe for many threads.
/// </summary>
internal sealed class VocabularyIndex
{
    private const int ChunkValues = 64;

    private readonly int[] rows; // 0 = empty: row 0 is padding and never the row of a value
    private readonly Slot[] slots;
    private readonly long first;
    private readonly int shift;

    /// <summary>Value and row lie side by side: a look is one cache line.</summary>
    private record struct Slot(long Value, int Row);

    /// <param name="values">Distinct values; value i gets row firstRow + i.</param>
    /// <param name="firstRow">At least 1.</param>
    public VocabularyIndex(ReadOnlySpan<long> values, int firstRow)
    {
        long low = long.MaxValue, high = long.MinValue;
        foreach (long value in values)
            (low, high) = (Math.Min(low, value), Math.Max(high, value));
        first = low;
        ulong span = values.IsEmpty ? 0 : unchecked((ulong)(high - low));
        if (span <= 4UL * (ulong)values.Length + 1024)
        {
            slots = [];
            rows = new int[(int)span + 1];
            for (int i = 0; i < values.Length; i++)
                rows[(int)(values[i] - low)] = firstRow + i;
            return;
        }

        rows = [];
        slots = new Slot[(int)BitOperations.RoundUpToPowerOf2((uint)values.Length * 2)];
        shift = 64 - BitOperations.Log2((uint)slots.Length);
        for (int i = 0; i < values.Length; i++)
        {
            int at = Home(values[i]);
            while (slots[at].Row != 0)
                at = Following(at);
            slots[at] = new Slot(values[i], firstRow + i);
        }
    }

    /// <summary>Bytes in memory.</summary>
    public long Bytes => sizeof(int) * (long)rows.Length + Unsafe.SizeOf<Slot>() * (long)slots.Length;

    /// <summary>The row of a value, or <paramref name="oov"/>.</summary>
    public int Find(long value, int oov) => slots.Length == 0 ? FindClose(value, oov) : Probe(Home(value), value, oov);

    /// <summary>The rows of many values.</summary>
    /// <param name="values">(n) values.</param>
    /// <param name="found">(n) their rows, or <paramref name="oov"/>.</param>
    /// <param name="oov">Row of what is not there.</param>
    public void Find(ReadOnlySpan<long> values, Span<int> found, int oov)
    {
        if (slots.Length == 0)
        {
            for (int i = 0; i < values.Length; i++)
                found[i] = FindClose(values[i], oov);
            return;
        }

        // First the slots and their content, then the comparisons, so that the cache misses of a chunk overlap.
        Span<int> home = stackalloc int[ChunkValues];
        Span<Slot> there = stackalloc Slot[ChunkValues];
        for (int from = 0; from < values.Length; from += ChunkValues)
        {
            ReadOnlySpan<long> chunk = values.Slice(from, Math.Min(ChunkValues, values.Length - from));
            for (int i = 0; i < chunk.Length; i++)
            {
                home[i] = Home(chunk[i]);
                there[i] = slots[home[i]];
            }

            for (int i = 0; i < chunk.Length; i++)
                found[from + i] = there[i].Value == chunk[i] && there[i].Row != 0 ? there[i].Row : Probe(home[i], chunk[i], oov);
        }
    }

    private int FindClose(long value, int oov)
    {
        ulong at = unchecked((ulong)(value - first));
        int row = at < (ulong)rows.Length ? rows[(int)at] : 0;
        return row != 0 ? row : oov;
    }

    private int Probe(int at, long value, int oov)
    {
        for (; slots[at].Row != 0; at = Following(at))
        {
            if (slots[at].Value == value)
                return slots[at].Row;
        }

        return oov;
    }

    private int Following(int at) => (at + 1) & (slots.Length - 1);

    // Fibonacci hashing over mixed bits: ids that are multiples of a power of two must not share a slot.
    private int Home(long value)
    {
        ulong x = unchecked((ulong)value);
        x ^= x >> 32;
        return (int)(unchecked(x * 0x9E3779B97F4A7C15UL) >> shift);
    }
}
