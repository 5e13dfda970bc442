namespace GpuCtr.Data.Features;

/// <summary>Count, mean and sum of squared deviations in double, of a row group or of several (Chan et al. 1979).</summary>
/// <param name="Count">Values.</param>
/// <param name="Nulls">Nulls beside them.</param>
/// <param name="Mean">Their mean.</param>
/// <param name="Squares">Sum of their squared deviations from it.</param>
internal readonly record struct Moments(long Count, long Nulls, double Mean, double Squares)
{
    /// <summary>Standard deviation; 1 for a constant column, so that it becomes 0.</summary>
    public double Deviation => Count > 0 && Squares / Count > 0 ? Math.Sqrt(Squares / Count) : 1;

    /// <summary>Of some values.</summary>
    /// <param name="values">The values.</param>
    /// <param name="nulls">Nulls beside them.</param>
    /// <param name="farthest">The first value that is farthest from their mean; 0 if there are none.</param>
    public static Moments Of(ReadOnlySpan<double> values, long nulls, out double farthest)
    {
        double sum = 0, around = 0;
        foreach (double x in values)
            sum += x;
        double mean = values.IsEmpty ? 0 : sum / values.Length;
        double most = -1;
        farthest = 0;
        foreach (double x in values)
        {
            double square = (x - mean) * (x - mean);
            around += square;
            if (square > most)
                (most, farthest) = (square, x);
        }

        return new Moments(values.Length, nulls, mean, around);
    }

    /// <summary>Of these values and then of <paramref name="next"/>.</summary>
    public Moments Then(Moments next)
    {
        long total = Count + next.Count;
        if (next.Count == 0)
            return this with { Nulls = Nulls + next.Nulls };
        double delta = next.Mean - Mean;
        return new Moments(
            total, Nulls + next.Nulls, Mean + delta * next.Count / total, Squares + next.Squares + delta * delta * ((double)Count * next.Count / total));
    }
}
