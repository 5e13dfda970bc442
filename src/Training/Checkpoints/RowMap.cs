using GpuCtr.Models.Features;

namespace GpuCtr.Training.Checkpoints;

/// <summary>Where the rows of a table go when its vocabularies grow: each keeps its rows from the front, and its last row, the unseen one, stays the last.</summary>
/// <param name="FromRows">Rows of the table that was.</param>
/// <param name="Rows">Rows of the table that is.</param>
/// <param name="Runs">Rows that stay together: first row then, first row now, how many.</param>
internal sealed record RowMap(long FromRows, long Rows, IReadOnlyList<(long From, long To, long Count)> Runs)
{
    /// <summary>Rows that have a place.</summary>
    public long Kept => Runs.Sum(r => r.Count);

    /// <summary>The map between two specs with the same vocabularies in the same order, none of which shrank.</summary>
    public static RowMap Of(FeatureSpec from, FeatureSpec to)
    {
        int[] then = from.Offsets(), now = to.Offsets();
        List<(long, long, long)> runs = [];
        for (int v = 0; v < then.Length; v++)
        {
            int unseenThen = from.Vocabularies[v].Rows - 1, unseenNow = to.Vocabularies[v].Rows - 1;
            runs.Add((then[v], now[v], unseenThen));
            runs.Add((then[v] + unseenThen, now[v] + unseenNow, 1));
        }

        return new RowMap(from.TotalRows, to.TotalRows, runs);
    }
}
