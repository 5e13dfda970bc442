namespace GpuCtr.Data.Features;

/// <summary>What the fit pass keeps of the numbers of a column in a row group.</summary>
/// <param name="Moments">Count, mean and deviation.</param>
/// <param name="Farthest">The value farthest from their mean.</param>
/// <param name="Low">From here …</param>
/// <param name="High">… to here lie the different values but for the few that are farthest out, by a sample.</param>
internal readonly record struct RowGroupNumbers(Moments Moments, double Farthest, double Low, double High)
{
    private const int SampleSize = 256, OneIn = 50;

    /// <summary>Of some values.</summary>
    public static RowGroupNumbers Of(ReadOnlySpan<double> values, long nulls)
    {
        Moments moments = Moments.Of(values, nulls, out double farthest);
        (double low, double high) = Core(values);
        return new RowGroupNumbers(moments, farthest, low, high);
    }

    /// <summary>Every value counts once, however often it occurs: a number that stands for a missing one may be frequent.</summary>
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
