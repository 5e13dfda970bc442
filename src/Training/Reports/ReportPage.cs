using System.Globalization;
using GpuCtr.Training.Checkpoints;
using GpuCtr.Training.Explanations;
using GpuCtr.Training.Metrics;

namespace GpuCtr.Training.Reports;

/// <summary>report.html: one file that loads nothing from a network, with a light and a dark palette.</summary>
internal static class ReportPage
{
    /// <summary>The whole page.</summary>
    /// <param name="title">Name of the run.</param>
    /// <param name="facts">Names and values for the head of the page.</param>
    /// <param name="epochs">Its epochs.</param>
    /// <param name="steps">Samples of its steps.</param>
    /// <param name="rows">Evaluated rows; null before the first evaluation.</param>
    public static string Of(string title, IEnumerable<(string Name, string Value)> facts, IReadOnlyList<EpochMetrics> epochs, IReadOnlyList<StepSample> steps, EvaluatedRows? rows)
    {
        HtmlPage page = new(title, "gpu-ctr");
        page.Append($"<dl class=\"facts\">{string.Concat(facts.Select(f => $"<div><dt>{HtmlPage.Escape(f.Name)}</dt><dd>{HtmlPage.Escape(f.Value)}</dd></div>"))}</dl>");
        page.Tiles([.. rows is null ? [] : Quality(rows), .. EpochCharts.Tiles(epochs)]);
        EpochCharts.Add(page, epochs, steps);
        if (rows?.Sample is { } sample)
            Predictions(page, rows, sample);
        if (rows?.Importance is { } importance)
            Columns(page, rows.Name, importance);
        if (rows is not null)
            Tables(page, rows);
        return page.ToString();
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

    private static void Predictions(HtmlPage page, EvaluatedRows rows, RowSample sample)
    {
        double? auc = rows.Metrics.Auc;
        page.Headline($"Predictions on the {rows.Name} rows").Beside(
            [ScoreCharts.Calibration(sample), ScoreCharts.ByLabel(sample), .. sample.Lists.Select((_, i) => ScoreCharts.Parts($"AUC by length of {ListName(sample, i)}", "entries", Slice.ByLength(sample, i), auc))]);
        page.Headline("By field");
        for (int f = 0; f < sample.Values.Length; f++)
            FieldTables.Quality(page, FieldName(sample, f), Slice.ByValue(sample, f), auc, open: f == 0);
        for (int n = 0; n < sample.Numbers.Length; n++)
            FieldTables.Quality(page, sample.NumericColumns[n].Column, Slice.ByNumber(sample, n), auc, open: n == 0 && sample.Values.Length == 0);
    }

    private static void Columns(HtmlPage page, string rows, Importance importance)
    {
        IReadOnlyList<string[]> table = importance.Table();
        page.Headline("What the model relies on")
            .Note($"How much worse it predicts when the values of a column are permuted: {importance.Sentence()}, on the {rows} rows. Redundant columns share their importance, so each of them may look unimportant.")
            .Append(HtmlPage.Table(table[0], table.Skip(1)));
    }

    private static void Tables(HtmlPage page, EvaluatedRows rows)
    {
        page.Headline("Tables").Append(FieldTables.Usage(rows.Tables));
        if (rows.Lists.Count > 0)
            page.Append(FieldTables.Lists(rows.Lists));
    }

    private static string FieldName(RowSample sample, int f) => sample.Spec.Categorical[f].Name;

    private static string ListName(RowSample sample, int i) => sample.Spec.Sequences[sample.Lists[i]].Name;

    internal static string Number(double? value) => value?.ToString("F4", CultureInfo.InvariantCulture) ?? "–";

    internal static string Whole(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
