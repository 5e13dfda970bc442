namespace GpuCtr.Engine.Data;

/// <summary>Count, mean and sum of squared deviations in double, merged row group by row group in file order (Chan et al. 1979).</summary>
internal sealed class NumericStats
{
    private double squares;

    public long Count { get; private set; }

    public long Nulls { get; set; }

    public double Mean { get; private set; }

    /// <summary>Standard deviation over all rows; 1 for a constant column, so that it becomes 0.</summary>
    public double Deviation => Count > 0 && squares / Count > 0 ? Math.Sqrt(squares / Count) : 1;

    /// <summary>Adds the values of one row group.</summary>
    public void Add(ReadOnlySpan<double> values)
    {
        if (values.IsEmpty)
            return;
        double sum = 0;
        foreach (double x in values)
            sum += x;
        double mean = sum / values.Length, around = 0;
        foreach (double x in values)
            around += (x - mean) * (x - mean);
        double delta = mean - Mean;
        long total = Count + values.Length;
        squares += around + delta * delta * ((double)Count * values.Length / total);
        Mean += delta * values.Length / total;
        Count = total;
    }
}
