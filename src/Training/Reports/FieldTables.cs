using System.Globalization;

namespace GpuCtr.Training.Reports;

/// <summary>The tables of the report: quality by the values of a field, all vocabularies, all lists.</summary>
internal static class FieldTables
{
    /// <summary>A collapsible table of one field: quality by value.</summary>
    public static void Quality(HtmlPage page, string field, IReadOnlyList<Slice> slices, double? all, bool open) =>
        page.Append($"<details{(open ? " open" : "")}><summary>{HtmlPage.Escape(field)}</summary>")
            .Beside(ScoreCharts.Parts($"AUC by value of {field}", "value", slices, all), HtmlPage.Table(
                ["", "value", "rows", "AUC", "share of label 1", "mean score"],
                slices.Select((s, i) => new[] { $"{i + 1}", s.Name, ReportPage.Whole(s.Rows), ReportPage.Number(s.Auc), Percent(s.MeanLabel), Percent(s.MeanScore) })))
            .Note(ScoreCharts.LeftOut(slices)).Append("</details>");

    /// <summary>All vocabularies.</summary>
    public static string Usage(IReadOnlyList<TableUsage> tables) => HtmlPage.Table(
        ["field", "values", "occurrences in training", "values that occur once", "covered by the top tenth", "null", "OOV"],
        tables.Select(t => new[] { t.Name, ReportPage.Whole(t.Values), ReportPage.Whole(t.Occurrences), ReportPage.Whole(t.Once), Percent(t.TopTenth), Percent(t.NullShare), t.OovShare is { } u ? Percent(u) : "–" }));

    /// <summary>All lists.</summary>
    public static string Lists(IReadOnlyList<ListUsage> lists) => HtmlPage.Table(
        ["list", "rows", "most entries that are read (--max-history)", "number of rows", "rows that have more", "share", "entries left out"],
        lists.Select(l => new[] { l.Name, l.Rows, $"{l.MaxLength}", ReportPage.Whole(l.Count), ReportPage.Whole(l.CutRows), Percent(l.Count == 0 ? 0 : (double)l.CutRows / l.Count), ReportPage.Whole(l.CutEntries) }));

    private static string Percent(double share) => (100 * share).ToString("F2", CultureInfo.InvariantCulture) + " %";
}
