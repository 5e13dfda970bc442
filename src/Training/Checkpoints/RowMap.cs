using GpuCtr.Data.Features;
using GpuCtr.Models;
using GpuCtr.Models.Features;

namespace GpuCtr.Training.Checkpoints;

/// <summary>Maps the rows of a table when its vocabularies change: each value keeps its row, or moves up if values before it were forgotten; the OOV row stays last (followed by the row of the mask in models that predict items); the buckets of pairs follow unchanged.</summary>
/// <param name="FromRows">Rows of the old table.</param>
/// <param name="Rows">Rows of the new table.</param>
/// <param name="Runs">Ranges of rows that stay together: first old row, first new row, number of rows; ascending.</param>
internal sealed record RowMap(long FromRows, long Rows, IReadOnlyList<(long From, long To, long Count)> Runs)
{
    /// <summary>Names of the tensors that have these rows.</summary>
    public IReadOnlySet<string> Tables { get; init; } = new HashSet<string>();

    /// <summary>Number of mapped rows.</summary>
    public long Kept => Runs.Sum(r => r.Count);

    /// <summary>Rows of the old table that the new one does not have.</summary>
    public long Forgotten => FromRows - Kept;

    /// <summary>Whether a row of the new table existed in the old one.</summary>
    public bool Has(long row)
    {
        int first = 0, end = Runs.Count;
        while (first < end)
        {
            int middle = (first + end) / 2;
            if (Runs[middle].To + Runs[middle].Count <= row)
                first = middle + 1;
            else
                end = middle;
        }
        return first < Runs.Count && Runs[first].To <= row;
    }

    /// <summary>The map between the vocabularies of two encodings, of which one has grown from the other.</summary>
    /// <param name="from">The old vocabularies.</param>
    /// <param name="to">The new ones, in the same order.</param>
    /// <param name="model">A model over the new ones.</param>
    public static RowMap Of(FeatureEncoder from, FeatureEncoder to, TrainableModel model)
    {
        FeatureSpec spec = model.Spec;
        FeatureSpec then = (from.Spec with { VectorsOfId = spec.VectorsOfId }).ByVector(), now = spec.ByVector();
        int[] first = then.Offsets(), firstNow = now.Offsets();
        List<(long From, long To, long Count)> runs = [];
        for (int v = 0; v < first.Length; v++)
        {
            int of = then.Vocabularies[v].Of < 0 ? v : then.Vocabularies[v].Of, rows = then.Vocabularies[v].Rows, mask = rows - from.Vocabularies[of].Rows;
            for (int row = 0; row < rows - mask; row++)
                if (from.Vocabularies[of].RowIn(to.Vocabularies[of], row) is var place && (place != to.Vocabularies[of].OovRow || row == from.Vocabularies[of].OovRow))
                    Add(runs, first[v] + row, firstNow[v] + place, 1);
            Add(runs, first[v] + rows - mask, firstNow[v] + now.Vocabularies[v].Rows - mask, mask);
        }

        // Only a model's own layout has pairs, and their number does not grow.
        Add(runs, then.TotalRows, now.TotalRows - now.PairBuckets, now.PairBuckets);
        return new RowMap(then.TotalRows + now.PairBuckets, now.TotalRows, runs) { Tables = model.TablesAndStates.Select(t => t.Name).ToHashSet() };
    }

    private static void Add(List<(long From, long To, long Count)> runs, long from, long to, long count)
    {
        if (runs is [.., var last] && last.From + last.Count == from && last.To + last.Count == to)
            runs[^1] = last with { Count = last.Count + count };
        else if (count > 0)
            runs.Add((from, to, count));
    }
}
