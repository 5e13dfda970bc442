using System.Globalization;

namespace GpuCtr.Bench;

/// <summary>Median, minimum and maximum of a repeated measurement.</summary>
internal readonly record struct Spread(double Median, double Least, double Most)
{
    /// <summary>The spread of at least one sample, in any order.</summary>
    public static Spread Of(IEnumerable<double> samples)
    {
        double[] sorted = [.. samples.Order()];
        return new((sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2, sorted[0], sorted[^1]);
    }

    /// <summary>All three, multiplied by a positive factor.</summary>
    public static Spread operator *(Spread s, double factor) => new(s.Median * factor, s.Least * factor, s.Most * factor);

    /// <summary>The spread of a rate, from an amount and the spread of its seconds: the longest time gives the minimum.</summary>
    public static Spread Rate(double amount, Spread seconds) => new(amount / seconds.Median, amount / seconds.Most, amount / seconds.Least);

    /// <summary>Two cells of a table: median, and least to most.</summary>
    public string Cells(string format) => $"{Text(Median, format)} | {Text(Least, format)}–{Text(Most, format)}";

    /// <summary>One cell.</summary>
    public string Cell(string format) => $"{Text(Median, format)} ({Text(Least, format)}–{Text(Most, format)})";

    private static string Text(double x, string format) => x.ToString(format, CultureInfo.InvariantCulture);
}
