namespace GpuCtr.Training.Reports.Charts;

/// <summary>An axis from the smallest to the largest value, with round numbers to label it.</summary>
/// <param name="Low">Left or lower end.</param>
/// <param name="High">Right or upper end.</param>
internal readonly record struct Axis(double Low, double High)
{
    /// <summary>An axis that covers some values; with <paramref name="fromZero"/> it starts at zero.</summary>
    public static Axis Around(IEnumerable<double> values, bool fromZero)
    {
        double low = double.PositiveInfinity, high = double.NegativeInfinity;
        foreach (double v in values)
            (low, high) = (Math.Min(low, v), Math.Max(high, v));
        if (low > high)
            (low, high) = (0, 1);
        if (fromZero)
            low = Math.Min(0, low);
        double margin = high > low ? (high - low) * 0.05 : Math.Max(Math.Abs(high) * 0.05, 0.5);
        return new Axis(fromZero && low == 0 ? 0 : low - margin, high + margin);
    }

    /// <summary>About <paramref name="count"/> multiples of 1, 2 or 5 times a power of ten, at least <paramref name="least"/> apart.</summary>
    public IEnumerable<double> Ticks(int count, double least = 0)
    {
        double rough = Math.Max(least, (High - Low) / Math.Max(1, count)), power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        double step = new[] { 1.0, 2, 5, 10 }.First(m => m * power >= rough * 0.999) * power;
        for (double i = Math.Ceiling(Low / step); i * step <= High + step * 1e-9; i++)
            yield return i * step;
    }

    /// <summary>Position of a value on the axis: 0 at the low end, 1 at the high end.</summary>
    public double At(double value) => (value - Low) / (High - Low);
}
