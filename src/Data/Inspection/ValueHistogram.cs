using System.Globalization;
using System.IO.Hashing;
using System.Numerics;
using System.Runtime.InteropServices;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Inspection;

/// <summary>A value of a column and its count.</summary>
/// <param name="Value">The value as text.</param>
/// <param name="Rows">Occurrences.</param>
public sealed record ValueCount(string Value, long Rows);

/// <summary>
/// Counts the values of a column with their labels. Up to a limit every value has its own count; later values are counted
/// together, and the number of distinct values is then an estimate.
/// </summary>
internal sealed class ValueHistogram
{
    private const int MostValues = 100_000;

    private readonly Dictionary<ulong, int> places = [];
    private readonly List<string> texts = [];
    private readonly List<LabelCount> counts = [];
    private readonly HyperLogLog distinct = new();
    private LabelCount others;

    /// <summary>Distinct values, exact or estimated.</summary>
    public long Distinct => IsExact ? places.Count : distinct.Count();

    /// <summary>Whether all values have their own count.</summary>
    public bool IsExact => others.Rows == 0;

    /// <summary>Counts of single values, followed by the count of all others together.</summary>
    public IReadOnlyList<LabelCount> Counts => [.. counts, others];

    /// <summary>The most frequent values.</summary>
    public IReadOnlyList<ValueCount> Top(int count) =>
        [.. Enumerable.Range(0, counts.Count).OrderByDescending(i => counts[i].Rows).ThenBy(i => texts[i], StringComparer.Ordinal).Take(count).Select(i => new ValueCount(texts[i], counts[i].Rows))];

    /// <summary>A hash of value i with 64 random bits.</summary>
    public static ulong HashOf(ColumnBuffer column, int i) => column.IsNull(i) ? 0x6E75_6C6CUL : column.Kind switch
    {
        ValueKind.Text => XxHash3.HashToUInt64(MemoryMarshal.AsBytes(column.Texts[i].Span)),
        ValueKind.Real => RandomBits.Mix((ulong)BitConverter.DoubleToInt64Bits(column.Reals[i])),
        ValueKind.Time => HashOf(TimeFields.Split(column.Integers[i], column.Unit)),
        _ => RandomBits.Mix((ulong)column.Integers[i]),
    };

    // Shards may store the same time in different units.
    private static ulong HashOf((long Day, long Nanoseconds) time) => RandomBits.Mix(RandomBits.Mix((ulong)time.Day) + (ulong)time.Nanoseconds);

    /// <summary>Adds value i, which is not null.</summary>
    /// <param name="column">The column.</param>
    /// <param name="i">Value.</param>
    /// <param name="label">0 or 1; −1 = unknown.</param>
    /// <param name="half">Which half of the rows it belongs to.</param>
    public void Add(ColumnBuffer column, int i, int label, int half)
    {
        ulong hash = HashOf(column, i);
        distinct.Add(hash);
        if (!places.TryGetValue(hash, out int place))
        {
            if (places.Count >= MostValues)
            {
                others.Add(label, half);
                return;
            }

            places.Add(hash, place = counts.Count);
            texts.Add(Text(column, i));
            counts.Add(default);
        }

        CollectionsMarshal.AsSpan(counts)[place].Add(label, half);
    }

    /// <summary>Value i as text.</summary>
    public static string Text(ColumnBuffer column, int i) => column.Kind switch
    {
        ValueKind.Text => column.Texts[i].ToString(),
        ValueKind.Real => column.Reals[i].ToString("G7", CultureInfo.InvariantCulture),
        ValueKind.Time => TimeFields.Text(column.Integers[i], column.Unit),
        _ => WholeNumber.Text(column.Integers[i], column.Kind),
    };
}

/// <summary>Rows with a value: all of them, and by label for each half of the rows.</summary>
internal struct LabelCount
{
    /// <summary>All rows.</summary>
    public long Rows;

    /// <summary>Rows of the first half by label.</summary>
    public long Negatives0, Positives0;

    /// <summary>Rows of the second half by label.</summary>
    public long Negatives1, Positives1;

    /// <summary>Counts a row.</summary>
    public void Add(int label, int half)
    {
        Rows++;
        switch (label, half)
        {
            case (0, 0): Negatives0++; break;
            case (1, 0): Positives0++; break;
            case (0, 1): Negatives1++; break;
            case (1, 1): Positives1++; break;
        }
    }
}

/// <summary>Number of distinct hashes in 16 KB, to within about 1 % (Flajolet et al. 2007; linear counting if few registers are set).</summary>
internal sealed class HyperLogLog
{
    private const int IndexBits = 14;
    private const int Registers = 1 << IndexBits;
    private readonly byte[] highest = new byte[Registers];

    /// <summary>Adds a hash of 64 random bits.</summary>
    public void Add(ulong hash)
    {
        int register = (int)(hash >> (64 - IndexBits));
        byte rank = (byte)(BitOperations.LeadingZeroCount((hash << IndexBits) | (1UL << (IndexBits - 1))) + 1);
        if (rank > highest[register])
            highest[register] = rank;
    }

    /// <summary>The estimate.</summary>
    public long Count()
    {
        const double alpha = 0.7213 / (1 + 1.079 / Registers);
        double inverse = 0;
        int empty = 0;
        foreach (byte rank in highest)
        {
            inverse += Math.ScaleB(1, -rank);
            empty += rank == 0 ? 1 : 0;
        }

        double raw = alpha * Registers * Registers / inverse;
        return (long)Math.Round(raw <= 2.5 * Registers && empty > 0 ? Registers * Math.Log((double)Registers / empty) : raw);
    }
}
