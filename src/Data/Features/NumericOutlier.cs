using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Features;

/// <summary>A number so far from the others of its column that standardization makes the others almost equal; or, without a transform, one that may overflow.</summary>
/// <param name="Value">The value in the file.</param>
/// <param name="Shard">Index of its shard.</param>
/// <param name="Row">Its row there.</param>
/// <param name="Spread">Range of nearly all numbers, in deviations.</param>
internal sealed record NumericOutlier(double Value, int Shard, long Row, double Spread)
{
    // Numbers closer together than this are practically equal for a model.
    private const double Squeezed = 1e-3;

    /// <summary>The outlier of a column; null if it has none.</summary>
    /// <param name="shards">Training shards.</param>
    /// <param name="column">The column.</param>
    /// <param name="groups">Its numbers by row group.</param>
    /// <param name="all">Moments of them all.</param>
    public static NumericOutlier? Of(ShardSet shards, FeatureColumn column, NumericSummary[] groups, Moments all)
    {
        (int Index, NumericSummary Numbers)[] known = [.. groups.Index().Where(g => g.Item.Moments.Count > 0)];
        if (known.Length == 0)
            return null;
        (int group, NumericSummary numbers) = known.MaxBy(g => Math.Abs(g.Numbers.Farthest - all.Mean));
        double spread = (known.Max(g => g.Numbers.High) - known.Min(g => g.Numbers.Low)) / all.Deviation;
        bool found = column.Transform == NumericTransform.None
            ? Math.Abs(numbers.Farthest) > NumericColumn.MostDeviations
            : spread is > 0 and < Squeezed && Math.Abs(numbers.Farthest - all.Mean) > all.Deviation;
        return found ? Find(shards, shards.RowGroups[group], column, numbers.Farthest, spread) : null;
    }

    private static NumericOutlier Find(ShardSet shards, RowGroupRef group, FeatureColumn column, double farthest, double spread)
    {
        using ShardReader reader = shards.Shards[group.Shard].Rent();
        ColumnBuffer read = new();
        reader.Read(group.Group, column.Request, read);
        int row = 0;
        while (read.IsNull(row) || NumericTransforms.BeforeScaling(read.NumberAt(row), column.Transform) != farthest)
            row++;
        return new NumericOutlier(read.NumberAt(row), group.Shard, group.FirstRow + row, spread);
    }
}
