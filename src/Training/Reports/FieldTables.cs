using System.Globalization;
using System.Text;
using GpuCtr.Training.Metrics;

namespace GpuCtr.Training.Reports;

/// <summary>The tables of the report: quality by the values of a field, all vocabularies, all lists.</summary>
internal static class FieldTables
{
    /// <summary>A collapsible table of one field: quality by value.</summary>
    public static void Quality(StringBuilder page, string field, IReadOnlyList<Slice> slices, double? all, bool open)
    {
        page.Append($"<details{(open ? " open" : "")}><summary>{ReportPage.Escape(field)}</summary><div class=\"charts\">");
        page.Append(ScoreCharts.Parts($"AUC by value of {field}", "value", slices, all));
        Table(page, ["", "value", "rows", "AUC", "share of label 1", "mean score"], slices.Select((s, i) => new[] { $"{i + 1}", s.Name, ReportPage.Whole(s.Rows), ReportPage.Number(s.Auc), Percent(s.MeanLabel), Percent(s.MeanScore) }));
        page.Append("</div></details>");
    }

    /// <summary>All vocabularies.</summary>
    public static void Usage(StringBuilder page, IReadOnlyList<TableUsage> tables) => Table(
        page,
        ["field", "values", "occurrences in training", "values that occur once", "covered by the top tenth", "null", "not seen in training"],
        tables.Select(t => new[] { t.Name, ReportPage.Whole(t.Values), ReportPage.Whole(t.Occurrences), ReportPage.Whole(t.Once), Percent(t.TopTenth), Percent(t.NullShare), t.OovShare is { } u ? Percent(u) : "–" }));

    /// <summary>All lists.</summary>
    public static void Lists(StringBuilder page, IReadOnlyList<ListUsage> lists) => Table(
        page,
        ["list", "rows", "most entries that are read (--max-history)", "number of rows", "rows that have more", "share", "entries left out"],
        lists.Select(l => new[] { l.Name, l.Rows, $"{l.MaxLength}", ReportPage.Whole(l.Count), ReportPage.Whole(l.CutRows), Percent(l.Count == 0 ? 0 : (double)l.CutRows / l.Count), ReportPage.Whole(l.CutEntries) }));

    /// <summary>A table; the cells are escaped.</summary>
    public static void Table(StringBuilder page, string[] head, IEnumerable<string[]> rows)
    {
        page.Append($"<table{(head[0].Length == 0 ? " class=\"named\"" : "")}><thead><tr>").AppendJoin("", head.Select(h => $"<th>{h}</th>")).Append("</tr></thead><tbody>");
        foreach (string[] row in rows)
            page.Append("<tr>").AppendJoin("", row.Select(cell => $"<td>{ReportPage.Escape(cell)}</td>")).Append("</tr>");
        page.Append("</tbody></table>");
    }

    private static string Percent(double share) => (100 * share).ToString("F2", CultureInfo.InvariantCulture) + " %";
}
