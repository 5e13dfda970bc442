using System.Globalization;

namespace GpuCtr.Bench;

/// <summary>A measurement made several times: what is in the middle, the least and the most.</summary>
internal readonly record struct Spread(double Median, double Least, double Most)
{
    /// <summary>Of at least one sample, in any order.</summary>
    public static Spread Of(IEnumerable<double> samples)
    {
        double[] sorted = [.. samples.Order()];
        return new((sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2, sorted[0], sorted[^1]);
    }

    /// <summary>All three times a factor that is above zero.</summary>
    public static Spread operator *(Spread s, double factor) => new(s.Median * factor, s.Least * factor, s.Most * factor);

    /// <summary>An amount done in so many seconds, as a rate: what took longest is the least.</summary>
    public static Spread Rate(double amount, Spread seconds) => new(amount / seconds.Median, amount / seconds.Most, amount / seconds.Least);

    /// <summary>Two cells of a table: median, and least to most.</summary>
    public string Cells(string format) => $"{Text(Median, format)} | {Text(Least, format)}–{Text(Most, format)}";

    /// <summary>One cell.</summary>
    public string Cell(string format) => $"{Text(Median, format)} ({Text(Least, format)}–{Text(Most, format)})";

    private static string Text(double x, string format) => x.ToString(format, CultureInfo.InvariantCulture);
}
