using System.Globalization;
using System.Net;
using System.Text;
using GpuCtr.Data.Features;
using GpuCtr.Training.Checkpoints;
using GpuCtr.Training.Metrics;
using GpuCtr.Training.Reports.Charts;

namespace GpuCtr.Training.Reports;

/// <summary>report.html: one file that loads nothing from a network, with a light and a dark palette.</summary>
internal static class ReportPage
{
    private const int Smoothing = 15;

    /// <summary>The whole page.</summary>
    /// <param name="title">Name of the run.</param>
    /// <param name="facts">Names and values for the head of the page.</param>
    /// <param name="epochs">Its epochs.</param>
    /// <param name="steps">Samples of its steps.</param>
    /// <param name="rows">Evaluated rows; null before the first evaluation.</param>
    public static string Of(string title, IEnumerable<(string Name, string Value)> facts, IReadOnlyList<EpochMetrics> epochs, IReadOnlyList<StepSample> steps, EvaluatedRows? rows)
    {
        StringBuilder page = new($"<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{Escape(title)} – gpu-ctr</title><style>{PageStyle.Css}</style></head><body><main>");
        page.Append($"<h1>{Escape(title)}</h1><dl class=\"facts\">");
        foreach ((string name, string value) in facts)
            page.Append($"<div><dt>{Escape(name)}</dt><dd>{Escape(value)}</dd></div>");
        page.Append("</dl>");
        Tiles(page, [.. rows is null ? [] : Quality(rows), .. Course(epochs)]);
        page.Append("<h2>Training</h2><div class=\"charts\">").AppendJoin("", TrainingCharts(epochs, steps)).Append("</div>");
        if (rows?.Sample is { } sample)
            Predictions(page, rows, sample);
        if (rows is not null)
            Tables(page, rows);
        return page.Append("</main></body></html>\n").ToString();
    }

    private static void Tiles(StringBuilder page, IEnumerable<(string Name, string? Value)> tiles)
    {
        page.Append("<div class=\"tiles\">");
        foreach ((string name, string? value) in tiles.Where(t => t.Value is not null))
            page.Append($"<div><span>{value}</span>{Escape(name)}</div>");
        page.Append("</div>");
    }

    private static IEnumerable<(string, string?)> Quality(EvaluatedRows rows)
    {
        Evaluation e = rows.Metrics;
        if (e.Items is { } items)
            return [($"NDCG@{items.K} ({rows.Name})", Number(items.Ndcg)), ($"HR@{items.K}", Number(items.HitRate)), ("MRR", Number(items.Mrr)), ($"{rows.Name} rows", Whole(e.Rows))];
        return
        [
            ($"AUC ({rows.Name})", Number(e.Auc)), ("logloss", Number(e.LogLoss)), ("gAUC", e.Gauc is null ? null : Number(e.Gauc)),
            .. e.Lists is { } lists ? Lists(lists) : [],
            (Calibration.Name, Number(e.Calibration.Ratio)), ($"{rows.Name} rows", Whole(e.Rows)),
        ];
    }

    /// <summary>Metrics of lists in the order of the scores, and in the order shown.</summary>
    private static IEnumerable<(string, string?)> Lists(Reranking lists)
    {
        string Both(double? ranked, double? shown) => $"{Number(ranked)} <small>({Number(shown)})</small>";
        return
        [
            ($"NDCG@{lists.K} (as shown)", Both(lists.Ranked.Ndcg, lists.Shown.Ndcg)), ($"MAP@{lists.K} (as shown)", Both(lists.Ranked.Map, lists.Shown.Map)),
            ($"Precision@{lists.K} (as shown)", Both(lists.Ranked.Precision, lists.Shown.Precision)),
        ];
    }

    private static IEnumerable<(string, string?)> Course(IReadOnlyList<EpochMetrics> epochs) => epochs.Count == 0 ? [] :
    [
        ("best epoch", $"{epochs.LastOrDefault(e => e.Best)?.Epoch} of {epochs.Count}"),
        ("rows/s", Whole((long)epochs.Average(e => e.RowsPerSecond))),
        ("training steps", $"{Whole((long)epochs.Sum(e => e.TrainSeconds))} s"),
    ];

    private static IEnumerable<Plot> TrainingCharts(IReadOnlyList<EpochMetrics> epochs, IReadOnlyList<StepSample> steps)
    {
        yield return new Plot("Loss", "step", "logloss") { Whole = true, Robust = true }
            .Noisy("train, while training", [.. steps.Select(s => ((double)s.Step, s.Loss))], Smoothing)
            .Line("valid", epochs.Select(e => ((double)e.Step, e.ValidLogloss)));
        if (epochs.Any(e => e.ValidHr10 is not null))
        {
            yield return new Plot("Next item by epoch", "epoch", "at 10") { Whole = true }
                .Line("valid HR", epochs.Select(e => ((double)e.Epoch, e.ValidHr10))).Line("valid NDCG", epochs.Select(e => ((double)e.Epoch, e.ValidNdcg)))
                .Line("valid MRR", epochs.Select(e => ((double)e.Epoch, e.ValidMrr)));
        }
        else
        {
            yield return AucPlot(epochs);
        }

        if (epochs.Any(e => e is { ValidNdcg: not null, ValidHr10: null }))
            yield return new Plot("Lists by epoch", "epoch", "NDCG") { Whole = true }.Line("valid", epochs.Select(e => ((double)e.Epoch, e.ValidNdcg)));
        yield return new Plot("Throughput", "seconds", "rows/s") { FromZero = true }.Line("rows/s", steps.Select(s => (s.Seconds, (double?)s.RowsPerSecond)));
        yield return new Plot("Waiting for data", "seconds", "% of the time") { FromZero = true }.Line("loader wait", steps.Select(s => (s.Seconds, (double?)(100 * s.LoaderWait))));
        if (steps.Select(s => s.LearningRate).Distinct().Count() > 1)
            yield return new Plot("Learning rate", "step", "learning rate") { FromZero = true, Whole = true }.Line("learning rate", steps.Select(s => ((double)s.Step, (double?)s.LearningRate)));
    }

    private static Plot AucPlot(IReadOnlyList<EpochMetrics> epochs) =>
        new Plot("AUC by epoch", "epoch", "AUC") { Whole = true }
            .Line("valid", epochs.Select(e => ((double)e.Epoch, e.ValidAuc))).Line("valid gAUC", epochs.Select(e => ((double)e.Epoch, e.ValidGauc)));

    private static void Predictions(StringBuilder page, EvaluatedRows rows, RowSample sample)
    {
        page.Append($"<h2>Predictions on the {Escape(rows.Name)} rows</h2><div class=\"charts\">");
        page.Append(ScoreCharts.Calibration(sample)).Append(ScoreCharts.ByLabel(sample));
        for (int i = 0; i < sample.Lists.Length; i++)
            page.Append(ScoreCharts.Parts($"AUC by length of {ListName(sample, i)}", "entries", Slice.ByLength(sample, i), rows.Metrics.Auc));
        page.Append("</div><h2>By field</h2>");
        for (int f = 0; f < sample.Values.Length; f++)
            FieldTables.Quality(page, FieldName(sample, f), Slice.ByValue(sample, f), rows.Metrics.Auc, open: f == 0);
        for (int n = 0; n < sample.Numbers.Length; n++)
            FieldTables.Quality(page, sample.NumericColumns[n].Column, Slice.ByNumber(sample, n), rows.Metrics.Auc, open: n == 0 && sample.Values.Length == 0);
    }

    private static void Tables(StringBuilder page, EvaluatedRows rows)
    {
        page.Append("<h2>Tables</h2>");
        FieldTables.Usage(page, rows.Tables);
        if (rows.Lists.Count > 0)
            FieldTables.Lists(page, rows.Lists);
    }

    private static string FieldName(RowSample sample, int f) => sample.Spec.Categorical[f].Name;

    private static string ListName(RowSample sample, int i) => sample.Spec.Sequences[sample.Lists[i]].Name;

    internal static string Number(double? value) => value?.ToString("F4", CultureInfo.InvariantCulture) ?? "–";

    internal static string Whole(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    internal static string Escape(string text) => WebUtility.HtmlEncode(text);
}
