using System.Runtime.InteropServices;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Features;

/// <summary>Counts the values of one vocabulary over the training rows and turns the counts into a table.</summary>
internal sealed class VocabularyCounter
{
    // Key, value, hash, links and the bucket of a dictionary.
    private const long EntryBytes = 28;

    private readonly string name;
    private readonly ValueKind kind;
    private readonly ComputedRows computed;
    private readonly Dictionary<long, long> integers = [];
    private readonly Dictionary<string, long> texts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long>.AlternateLookup<ReadOnlySpan<char>> bySpan;
    private readonly long[] rowCounts; // (computed rows + 1) the last one counts values without a row
    private long nulls, textBytes;

    public VocabularyCounter(string name, ValueKind kind, ComputedRows computed)
    {
        (this.name, this.kind, this.computed) = (name, kind, computed);
        bySpan = texts.GetAlternateLookup<ReadOnlySpan<char>>();
        rowCounts = new long[computed.Count + 1];
    }

    /// <summary>The field that it counts for.</summary>
    public string Name => name;

    /// <summary>Values counted so far; rows that are computed count as none.</summary>
    public int Distinct => integers.Count + texts.Count;

    /// <summary>Bytes in memory, about.</summary>
    public long Bytes => EntryBytes * ((long)integers.Capacity + texts.Capacity) + textBytes;

    /// <summary>Bytes of a text in a table, about.</summary>
    public static long TextBytes(int length) => EntryBytes + 24 + sizeof(char) * (long)length;

    public void AddNull() => nulls++;

    public void Add(long value)
    {
        if (computed.Any)
            rowCounts[computed.Of(value)]++;
        else
            CollectionsMarshal.GetValueRefOrAddDefault(integers, value, out _)++;
    }

    public void Add(ReadOnlySpan<char> value)
    {
        if (computed.Any)
            rowCounts[computed.Of(value)]++;
        else
        {
            CollectionsMarshal.GetValueRefOrAddDefault(bySpan, value, out bool known)++;
            textBytes += known ? 0 : TextBytes(value.Length) - EntryBytes;
        }
    }

    /// <summary>Adds all counts to another counter of the same vocabulary, which several threads may do, and forgets them.</summary>
    public void MoveTo(VocabularyCounter other)
    {
        lock (other.integers)
        {
            other.nulls += nulls;
            foreach ((long value, long count) in integers)
                CollectionsMarshal.GetValueRefOrAddDefault(other.integers, value, out _) += count;
            foreach ((string value, long count) in texts)
            {
                CollectionsMarshal.GetValueRefOrAddDefault(other.texts, value, out bool known) += count;
                other.textBytes += known ? 0 : TextBytes(value.Length) - EntryBytes;
            }

            for (int row = 0; row < rowCounts.Length; row++)
                other.rowCounts[row] += rowCounts[row];
        }

        (nulls, textBytes) = (0, 0);
        integers.Clear();
        texts.Clear();
        integers.TrimExcess();
        texts.TrimExcess();
        Array.Clear(rowCounts);
    }

    /// <summary>Most frequent first, ties by value; values below <paramref name="minCount"/> count towards the OOV row.</summary>
    /// <exception cref="GpuCtrException">Data: more values than a table can have rows.</exception>
    public VocabularyTable Build(long minCount)
    {
        if (computed.Any)
            return new VocabularyTable(name, kind, computed, [], [], Counts(rowCounts[..^1], rowCounts[^1]));
        if (kind != ValueKind.Text)
        {
            (long[] values, long[] counts, long rare) = Sorted(integers, minCount, (a, b) => WholeNumber.Compare(a, b, kind));
            return new VocabularyTable(name, kind, default, values, [], Counts(counts, rare));
        }
        else
        {
            (string[] values, long[] counts, long rare) = Sorted(texts, minCount, string.CompareOrdinal);
            return new VocabularyTable(name, kind, default, [], values, Counts(counts, rare));
        }
    }

    private long[] Counts(long[] counts, long rare) => [0, nulls, .. counts, rare];

    private (T[] Values, long[] Counts, long Rare) Sorted<T>(Dictionary<T, long> all, long minCount, Comparison<T> compare) where T : notnull
    {
        var kept = new List<KeyValuePair<T, long>>(all.Count);
        long rare = 0;
        foreach (KeyValuePair<T, long> entry in all)
        {
            if (entry.Value >= minCount)
                kept.Add(entry);
            else
                rare += entry.Value;
        }

        if (kept.Count > int.MaxValue - 64)
            throw GpuCtrException.DataError($"column '{name}' has {kept.Count} distinct values, more than a table can hold; use --hash-buckets {ColumnNames.InShell(name)}=N");
        kept.Sort((a, b) => a.Value != b.Value ? b.Value.CompareTo(a.Value) : compare(a.Key, b.Key));
        return ([.. kept.Select(e => e.Key)], [.. kept.Select(e => e.Value)], rare);
    }
}
