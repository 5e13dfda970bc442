using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Models.Features;

namespace GpuCtr.Data.Batches;

/// <summary>Statistics of the encoding, counted once per block however often it is decoded.</summary>
public sealed class DatasetStatistics
{
    private readonly Lock gate = new();
    private readonly bool[] counted;
    private readonly long[] oov;
    private readonly (string Column, long Nulls)[] newNulls;
    private readonly long[] cutRows;
    private readonly long[] cutValues;
    private readonly long[] listValues;
    private readonly FeatureSpec spec;
    private readonly SortedDictionary<string, long> badRows = new(StringComparer.Ordinal);
    private readonly HashSet<long> badRowNumbers = [];
    private readonly SortedDictionary<int, (long Count, RowGroupRef Group, BoundedNumbers First)> bounded = [];
    private (RowGroupRef Group, BadRow Row)? firstBad;

    internal DatasetStatistics(FeatureSpec spec, IEnumerable<string> numeric, int blocks)
    {
        this.spec = spec;
        newNulls = [.. spec.Categorical.Select(c => c.Name).Concat(numeric).Concat(spec.Sequences.Select(s => s.Name)).Select(name => (name, 0L))];
        counted = new bool[blocks];
        oov = new long[spec.F + spec.Sequences.Count];
        cutRows = new long[spec.Sequences.Count];
        cutValues = new long[spec.Sequences.Count];
        listValues = new long[spec.Sequences.Count];
    }

    /// <summary>Rows encoded so far.</summary>
    public long Rows { get; private set; }

    /// <summary>Rows left out.</summary>
    public long BadRows { get; private set; }

    /// <summary>Skipped rows by reason; a row counts once.</summary>
    public IReadOnlyDictionary<string, long> BadRowsByReason
    {
        get
        {
            lock (gate)
                return new SortedDictionary<string, long>(badRows, StringComparer.Ordinal);
        }
    }

    /// <summary>Whether a row, numbered from the first row of the first shard, was skipped; known after it was decoded.</summary>
    internal bool IsBad(long row)
    {
        if (BadRows == 0)
            return false;
        lock (gate)
            return badRowNumbers.Contains(row);
    }

    /// <summary>OOV values per field: (name, its vocabulary, OOV values, all values).</summary>
    public IEnumerable<(string Field, int Vocabulary, long Oov, long Values)> OovValues()
    {
        for (int f = 0; f < spec.F; f++)
            yield return (spec.Categorical[f].Name, spec.Categorical[f].Vocabulary, oov[f], Rows);
        for (int s = 0; s < spec.Sequences.Count; s++)
            yield return (spec.Sequences[s].Name, spec.Sequences[s].Vocabulary, oov[spec.F + s], listValues[s]);
    }

    /// <summary>Columns that have nulls but had none in training: (name, nulls).</summary>
    public IEnumerable<(string Column, long Nulls)> NewNulls() => newNulls.Where(n => n.Nulls > 0);

    /// <summary>Lists longer than the limit: (name, rows cut, ids left out).</summary>
    public IEnumerable<(string Field, long Rows, long Values)> CutLists() =>
        spec.Sequences.Select((s, i) => (s.Name, cutRows[i], cutValues[i]));

    /// <summary>Columns with clamped numbers: (index of the numeric column, number of values, place of the first, its value).</summary>
    internal IReadOnlyList<(int Column, long Values, RowGroupRef Group, BoundedNumbers First)> BoundedNumbers
    {
        get
        {
            lock (gate)
                return [.. bounded.Select(b => (b.Key, b.Value.Count, b.Value.Group, b.Value.First))];
        }
    }

    internal void Add(int index, long firstRow, EncodedBlock block)
    {
        lock (gate)
        {
            if (counted[index])
                return;
            counted[index] = true;
            Rows += block.Rows;
            for (int i = 0; i < oov.Length; i++)
                oov[i] += block.Oov[i];
            for (int i = 0; i < newNulls.Length; i++)
                newNulls[i].Nulls += block.NewNulls[i];
            for (int s = 0; s < cutRows.Length; s++)
            {
                cutRows[s] += block.Sequences[s].CutRows;
                cutValues[s] += block.Sequences[s].CutValues;
                listValues[s] += block.Sequences[s].Count;
            }

            foreach (BadRow bad in block.BadRows)
                Count(block.Source, firstRow, bad);
            foreach (BoundedNumbers numbers in block.Bounded)
            {
                bounded[numbers.Column] = bounded.TryGetValue(numbers.Column, out var known)
                    ? known with { Count = known.Count + numbers.Count }
                    : (numbers.Count, block.Source, numbers);
            }
        }
    }

    /// <summary>Counts a row as bad for a reason found after encoding.</summary>
    internal void Add(RowGroupRef group, long firstRow, BadRow bad)
    {
        lock (gate)
            Count(group, firstRow, bad);
    }

    private void Count(RowGroupRef group, long firstRow, BadRow bad)
    {
        // A row may be evaluated several times.
        if (!badRowNumbers.Add(firstRow + bad.Row))
            return;
        BadRows++;
        badRows[bad.Reason] = badRows.GetValueOrDefault(bad.Reason) + 1;
        firstBad ??= (group, bad);
    }

    internal void CheckBudget(ShardSet shards, BadRowBudget budget)
    {
        long limit = budget.Limit(shards.Rows);
        if (BadRows <= limit)
            return;
        string reasons = string.Join(", ", BadRowsByReason.Select(r => $"{r.Value} × {r.Key}"));
        (RowGroupRef group, BadRow row) = firstBad!.Value;
        throw GpuCtrException.DataError(
            new DataPlace(shards.Shards[group.Shard].Path), $"{BadRows} bad rows so far, --bad-rows allows {limit} ({reasons}; the first: row group {group.Group}, row {group.FirstRow + row.Row}: {row.Reason}); correct the data or raise the budget");
    }
}
