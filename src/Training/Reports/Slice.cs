using System.Globalization;
using GpuCtr.Data.Features;
using GpuCtr.Training.Metrics;

namespace GpuCtr.Training.Reports;

/// <summary>The quality of a model on some of the rows.</summary>
/// <param name="Name">Name of this part of the rows.</param>
/// <param name="Rows">Number of rows.</param>
/// <param name="Auc">AUC of these rows; null if one label is missing.</param>
/// <param name="MeanLabel">Mean label, weighted.</param>
/// <param name="MeanScore">Mean probability, weighted.</param>
internal sealed record Slice(string Name, int Rows, double? Auc, double MeanLabel, double MeanScore)
{
    /// <summary>Rows with a label above 0.</summary>
    public int Positives { get; init; } = (int)Math.Round(Rows * MeanLabel);

    /// <summary>Standard error of the AUC, as if all rows counted alike (Hanley and McNeil, Radiology 1982).</summary>
    public double AucError
    {
        get
        {
            double a = Auc ?? 0.5, positives = Positives, negatives = Rows - positives;
            double q1 = a / (2 - a) - a * a, q2 = 2 * a * a / (1 + a) - a * a;
            return Auc is null ? 0 : Math.Sqrt((a * (1 - a) + (positives - 1) * q1 + (negatives - 1) * q2) / (positives * negatives));
        }
    }

    private const int NumberParts = 8;

    private static readonly int[] lengthLimits = [0, 2, 5, 10, 20, 50, int.MaxValue];

    /// <summary>Slices by the value of a field: its most frequent values, and all others together.</summary>
    public static IReadOnlyList<Slice> ByValue(RowSample sample, int field) =>
        [.. Enumerable.Range(0, RowSample.Places).Select(place => Of(sample, () => sample.Describe(field, place), i => sample.Values[field][i] == place)).OfType<Slice>()];

    /// <summary>Slices by the size of a number: ranges with about equal numbers of rows (fewer ranges if one number is frequent), and missing values.</summary>
    public static IReadOnlyList<Slice> ByNumber(RowSample sample, int column)
    {
        float[] numbers = sample.Numbers[column], sorted = [.. numbers.Take(sample.Rows).Where(x => !float.IsNaN(x)).Order()];
        float[] ends = [.. Enumerable.Range(1, NumberParts).Select(p => (int)((long)sorted.Length * p / NumberParts)).Where(count => count > 0).Select(count => sorted[count - 1]).Distinct()];
        return
        [
            .. ends.Select((end, i) =>
            {
                float below = i == 0 ? float.NegativeInfinity : ends[i - 1];
                return Of(sample, () => Range(sample.NumericColumns[column], sorted.First(x => x > below), end), r => numbers[r] > below && numbers[r] <= end);
            }).OfType<Slice>(),
            .. new[] { Of(sample, () => "(missing)", r => float.IsNaN(numbers[r])) }.OfType<Slice>(),
        ];
    }

    private static string Range(NumericColumn column, float least, float most) => least == most ? Value(column, least) : $"{Value(column, least)} … {Value(column, most)}";

    /// <summary>Text of a number; a clamped number may decode to a time outside the calendar.</summary>
    private static string Value(NumericColumn column, float number) => column.Time
        ? DateTimeOffset.FromUnixTimeSeconds((long)Math.Clamp(Math.Round(column.Decode(number)), DateTimeOffset.MinValue.ToUnixTimeSeconds(), DateTimeOffset.MaxValue.ToUnixTimeSeconds())).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)
        : column.Decode(number).ToString("G4", CultureInfo.InvariantCulture);

    /// <summary>Slices by the length of a list.</summary>
    public static IReadOnlyList<Slice> ByLength(RowSample sample, int list)
    {
        int[] lengths = sample.Lengths[list];
        return [.. lengthLimits.Select((high, i) =>
        {
            int low = i == 0 ? 0 : lengthLimits[i - 1] + 1;
            string name = low == high ? $"{low}" : high == int.MaxValue ? $"{low}+" : $"{low}–{high}";
            return Of(sample, () => name, r => lengths[r] >= low && lengths[r] <= high);
        }).OfType<Slice>()];
    }

    /// <summary>The name is built only if a row has this value: an index without rows may have no name.</summary>
    private static Slice? Of(RowSample sample, Func<string> name, Func<int, bool> contains)
    {
        int[] rows = [.. Enumerable.Range(0, sample.Rows).Where(contains)];
        if (rows.Length == 0)
            return null;
        float[] logits = [.. rows.Select(r => sample.Logits[r])], labels = [.. rows.Select(r => sample.Labels[r])];
        float[] weights = sample.Weights.Length == 0 ? [] : [.. rows.Select(r => sample.Weights[r])];
        double all = rows.Sum(r => (double)sample.WeightOf(r));
        return new Slice(
            name(), rows.Length, Metrics.Auc.Of(logits, labels, weights),
            rows.Sum(r => (double)sample.WeightOf(r) * sample.Labels[r]) / all, rows.Sum(r => sample.WeightOf(r) * RowSample.Score(sample.Logits[r])) / all)
        { Positives = labels.Count(y => y > 0) };
    }
}
