using GpuCtr.Models.Features;

namespace GpuCtr.Engine.Data;

/// <summary>What encoding came across, counted once per block however often it is decoded.</summary>
public sealed class DatasetStatistics
{
    private readonly Lock gate = new();
    private readonly bool[] counted;
    private readonly long[] unseen;
    private readonly long[] cutRows;
    private readonly long[] cutValues;
    private readonly long[] listValues;
    private readonly FeatureSpec spec;
    private readonly SortedDictionary<string, long> badRows = new(StringComparer.Ordinal);
    private readonly HashSet<long> badRowNumbers = [];
    private string firstBad = "";

    internal DatasetStatistics(FeatureSpec spec, int blocks)
    {
        this.spec = spec;
        counted = new bool[blocks];
        unseen = new long[spec.F + spec.Sequences.Count];
        cutRows = new long[spec.Sequences.Count];
        cutValues = new long[spec.Sequences.Count];
        listValues = new long[spec.Sequences.Count];
    }

    /// <summary>Rows encoded so far.</summary>
    public long Rows { get; private set; }

    /// <summary>Rows left out.</summary>
    public long BadRows { get; private set; }

    /// <summary>Rows left out by reason; a row counts once.</summary>
    public IReadOnlyDictionary<string, long> BadRowsByReason
    {
        get
        {
            lock (gate)
                return new SortedDictionary<string, long>(badRows, StringComparer.Ordinal);
        }
    }

    /// <summary>Whether a row, counted from the first row of the first shard, was left out; known once it was decoded.</summary>
    internal bool IsBad(long row)
    {
        if (BadRows == 0)
            return false;
        lock (gate)
            return badRowNumbers.Contains(row);
    }

    /// <summary>Values not seen in training, per field: (name, unseen, all).</summary>
    public IEnumerable<(string Field, long Unseen, long Values)> UnseenValues()
    {
        for (int f = 0; f < spec.F; f++)
            yield return (spec.Categorical[f].Name, unseen[f], Rows);
        for (int s = 0; s < spec.Sequences.Count; s++)
            yield return (spec.Sequences[s].Name, unseen[spec.F + s], listValues[s]);
    }

    /// <summary>Lists longer than the limit: (name, rows cut, ids left out).</summary>
    public IEnumerable<(string Field, long Rows, long Values)> CutLists() =>
        spec.Sequences.Select((s, i) => (s.Name, cutRows[i], cutValues[i]));

    internal void Add(int index, long firstRow, EncodedBlock block)
    {
        lock (gate)
        {
            if (counted[index])
                return;
            counted[index] = true;
            Rows += block.Rows;
            for (int i = 0; i < unseen.Length; i++)
                unseen[i] += block.Unseen[i];
            for (int s = 0; s < cutRows.Length; s++)
            {
                cutRows[s] += block.Sequences[s].CutRows;
                cutValues[s] += block.Sequences[s].CutValues;
                listValues[s] += block.Sequences[s].Count;
            }

            BadRows += block.BadRows.Count;
            foreach (BadRow bad in block.BadRows)
            {
                badRowNumbers.Add(firstRow + bad.Row);
                badRows[bad.Reason] = badRows.GetValueOrDefault(bad.Reason) + 1;
                if (firstBad.Length == 0)
                    firstBad = $"row group {block.Source.Group}, row {block.Source.FirstRow + bad.Row}: {bad.Reason}";
            }
        }
    }

    internal void CheckBudget(ShardSet shards, BadRowBudget budget)
    {
        long limit = budget.Limit(shards.Rows);
        if (BadRows <= limit)
            return;
        string reasons = string.Join(", ", BadRowsByReason.Select(r => $"{r.Value} × {r.Key}"));
        throw Failure.BadData(
            $"{shards.Shards[0].Path}: {BadRows} bad rows so far, --bad-rows allows {limit} ({reasons}; the first: {firstBad}); correct the data or raise the budget");
    }
}
