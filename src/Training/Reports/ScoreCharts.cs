using GpuCtr.Data.Features;
using GpuCtr.Training.Metrics;
using GpuCtr.Training.Reports.Charts;

namespace GpuCtr.Training.Reports;

/// <summary>Charts of scores against labels.</summary>
internal static class ScoreCharts
{
    private const int Groups = 10, Bins = 24, MostLetters = 64, LeastRows = 10;

    /// <summary>Mean score and mean label in ten groups of equally many rows, ordered by score. Equal score intervals would leave most groups empty if clicks are rare.</summary>
    public static Plot Calibration(RowSample sample)
    {
        float[] logits = sample.Logits[..sample.Rows];
        int[] rows = [.. Enumerable.Range(0, sample.Rows)];
        Array.Sort(logits, rows);
        IEnumerable<(double, double?)> groups = Enumerable.Range(0, Groups)
            .Select(g => ((int)((long)sample.Rows * g / Groups))..((int)((long)sample.Rows * (g + 1) / Groups)))
            .Where(r => r.End.Value > r.Start.Value)
            .Select(r => (Mean(r, i => RowSample.Score(sample.Logits[i])), (double?)Mean(r, i => sample.Labels[i])));
        return new Plot("Calibration", "mean score", "share of label 1") { Diagonal = true }.Points("a tenth of the rows", groups);

        double Mean(Range range, Func<int, double> value) => rows[range].Sum(i => sample.WeightOf(i) * value(i)) / rows[range].Sum(i => (double)sample.WeightOf(i));
    }

    /// <summary>AUC of parts of the rows with their standard errors, compared with the AUC of all rows. A part with few rows of a label is left out: its error would set the scale.</summary>
    public static Plot Parts(string title, string xTitle, IReadOnlyList<Slice> parts, double? all)
    {
        bool fits = parts.All(s => s.Name.Length < MostLetters / parts.Count);
        return new Plot(title, xTitle, "AUC") { Places = [.. parts.Select((s, i) => fits ? s.Name : $"{i + 1}")], Level = all, Bounds = new(0, 1) }
            .Points("AUC", parts.Select((s, i) => (Place: i, Slice: s)).Where(p => IsDrawn(p.Slice)).Select(p => new ChartPoint(p.Place, p.Slice.Auc!.Value, p.Slice.AucError)));
    }

    /// <summary>Says how many parts <see cref="Parts"/> does not draw; empty if it draws all.</summary>
    public static string LeftOut(IReadOnlyList<Slice> parts) => parts.Count(s => !IsDrawn(s)) is > 0 and int count
        ? $"{count} of {parts.Count} values {(count == 1 ? "has" : "have")} fewer than {LeastRows} rows with label 1 or with label 0, too few for an AUC: in the table only." : "";

    private static bool IsDrawn(Slice s) => s.Auc is not null && Math.Min(s.Positives, s.Rows - s.Positives) >= LeastRows;

    /// <summary>Distribution of the scores of each label; a share counts as so much of both.</summary>
    public static Plot ByLabel(RowSample sample)
    {
        double high = sample.Rows == 0 ? 1 : Math.Min(1, Math.Ceiling(sample.Logits.Take(sample.Rows).Max(RowSample.Score) * 10) / 10), width = high / Bins;
        double[][] rows = [new double[Bins], new double[Bins]];
        for (int i = 0; i < sample.Rows; i++)
        {
            int bin = Math.Min(Bins - 1, (int)(RowSample.Score(sample.Logits[i]) / width));
            rows[1][bin] += sample.WeightOf(i) * sample.Labels[i];
            rows[0][bin] += sample.WeightOf(i) * (1 - sample.Labels[i]);
        }

        Plot plot = new("Scores by label", "score", "% of the label's rows") { FromZero = true, BarWidth = width };
        foreach (int label in new[] { 0, 1 })
            plot.Bars($"label {label}", rows[label].Select((n, b) => ((b + 0.5) * width, (double?)(100 * n / Math.Max(1e-9, rows[label].Sum())))));
        return plot;
    }
}
