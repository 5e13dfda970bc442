namespace GpuCtr.Data.Features;

/// <summary>Summary of the numbers of a column in a row group, for the fit.</summary>
/// <param name="Moments">Count, mean and deviation.</param>
/// <param name="Farthest">The value farthest from the mean.</param>
/// <param name="Low">From here …</param>
/// <param name="High">Upper end of that range.</param>
internal readonly record struct NumericSummary(Moments Moments, double Farthest, double Low, double High)
{
    private const int SampleSize = 256, OneIn = 50;

    /// <summary>Of some values.</summary>
    public static NumericSummary Of(ReadOnlySpan<double> values, long nulls)
    {
        Moments moments = Moments.Of(values, nulls, out double farthest);
        (double low, double high) = Core(values);
        return new NumericSummary(moments, farthest, low, high);
    }

    /// <summary>The range of distinct values: every value counts once, because a placeholder for missing values may be frequent.</summary>
    private static (double Low, double High) Core(ReadOnlySpan<double> values)
    {
        if (values.IsEmpty)
            return (0, 0);
        Span<double> sample = stackalloc double[SampleSize];
        int stride = (values.Length + SampleSize - 1) / SampleSize, taken = 0, different = 1;
        for (int i = 0; i < values.Length; i += stride)
            sample[taken++] = values[i];
        sample = sample[..taken];
        sample.Sort();
        foreach (double x in sample)
        {
            if (x != sample[different - 1])
                sample[different++] = x;
        }

        double median = sample[different / 2];
        int low = 0, high = different - 1;
        for (int left = (different + OneIn - 1) / OneIn; left > 0 && low < high; left--)
        {
            if (sample[high] - median > median - sample[low])
                high--;
            else
                low++;
        }

        return (sample[low], sample[high]);
    }
}

/// <summary>Count, mean and sum of squared deviations in double, of a row group or of several (Chan et al. 1979).</summary>
/// <param name="Count">Values.</param>
/// <param name="Nulls">Number of nulls.</param>
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

    /// <summary>Combines these values with those of <paramref name="next"/>, which follow them.</summary>
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
