using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Features;

internal sealed partial class FitWorker
{
    /// <summary>Widths and moments of a vector column that is loaded.</summary>
    private VectorSummary VectorsOf(RowGroupRef group, FeatureColumn planned)
    {
        int width = 0, first = 0;
        long missing = 0;
        List<int> starts = [];
        for (int r = 0; r < column.Rows; r++)
        {
            int start = column.Offsets[r], length = column.Offsets[r + 1] - start;
            if (width == 0 && length > 0)
                (width, first) = (length, r);
            if (VectorColumn.FaultOf(column, r, width, planned.Transform) is { } fault)
            {
                if (plan.Options.BadRows.IsZero)
                    throw VectorColumn.Bad(shards.Shards[group.Shard], group, planned.Name, r, fault);
                continue;
            }

            if (keep[r] && length > 0)
                starts.Add(start);
            else if (keep[r])
                missing++;
        }

        if (numbers.Length < starts.Count)
            numbers = new double[starts.Count];
        Moments[] moments = new Moments[width];
        for (int i = 0; i < width; i++)
        {
            for (int r = 0; r < starts.Count; r++)
                numbers[r] = NumericTransforms.BeforeScaling(column.Reals[starts[r] + i], planned.Transform);
            moments[i] = Moments.Of(numbers.AsSpan(0, starts.Count), 0, out _);
        }

        return new VectorSummary(width, first, moments, missing);
    }
}
