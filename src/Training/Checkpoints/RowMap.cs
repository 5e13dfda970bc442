using GpuCtr.Models.Features;

namespace GpuCtr.Training.Checkpoints;

/// <summary>Maps the rows of a table when its vocabularies grow: each vocabulary keeps its rows from the front, and its OOV row stays the last (before that of the mask, where items are predicted); the buckets of pairs follow as they are.</summary>
/// <param name="FromRows">Rows of the old table.</param>
/// <param name="Rows">Rows of the new table.</param>
/// <param name="Runs">Ranges of rows that stay together: first old row, first new row, number of rows.</param>
internal sealed record RowMap(long FromRows, long Rows, IReadOnlyList<(long From, long To, long Count)> Runs)
{
    /// <summary>Number of mapped rows.</summary>
    public long Kept => Runs.Sum(r => r.Count);

    /// <summary>Whether a row of the new table was one of the old.</summary>
    public bool Has(long row) => Runs.Any(r => row >= r.To && row < r.To + r.Count);

    /// <summary>The map between two specs with the same vocabularies in the same order, none of which shrank.</summary>
    public static RowMap Of(FeatureSpec from, FeatureSpec to)
    {
        int[] then = from.Offsets(), now = to.Offsets();
        List<(long, long, long)> runs = [];
        for (int v = 0; v < then.Length; v++)
        {
            int behind = from.Items is null ? 1 : 2, oovThen = from.Vocabularies[v].Rows - behind, oovNow = to.Vocabularies[v].Rows - behind;
            runs.Add((then[v], now[v], oovThen));
            runs.Add((then[v] + oovThen, now[v] + oovNow, behind));
        }

        // Only a model's own layout has pairs, and their number does not grow.
        int pairs = to.PairBuckets, rowsThen = from.Vocabularies.Sum(v => v.Rows);
        if (pairs > 0)
            runs.Add((rowsThen, to.TotalRows - pairs, pairs));
        return new RowMap(rowsThen + pairs, to.TotalRows, runs);
    }
}
