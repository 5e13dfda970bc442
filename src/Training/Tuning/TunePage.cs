using System.Globalization;
using System.Text;
using GpuCtr.Training.Reports;
using GpuCtr.Training.Reports.Charts;

namespace GpuCtr.Training.Tuning;

/// <summary>report.html of a search: how its trials went, what mattered, and every trial.</summary>
internal static class TunePage
{
    private const int Listed = 50;

    /// <summary>The whole page.</summary>
    public static string Of(string title, SearchSpace space, IReadOnlyList<TrialLine> lines, Schedule schedule)
    {
        StringBuilder page = new($"<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{ReportPage.Escape(title)} – gpu-ctr tune</title><style>{PageStyle.Css}</style></head><body><main>");
        string metric = $"valid {lines[0].Metric}";
        page.Append($"<h1>{ReportPage.Escape(title)}</h1><div class=\"tiles\">");
        foreach ((string name, string value) in Tiles(lines, schedule, metric))
            page.Append($"<div><span>{value}</span>{ReportPage.Escape(name)}</div>");
        page.Append("</div><h2>Trials</h2><div class=\"charts\">").Append(Course(lines, schedule, metric)).Append("</div>");
        Influences(page, space, lines, schedule, metric);
        Trials(page, space, lines, schedule, metric);
        return page.Append("</main></body></html>\n").ToString();
    }

    private static IEnumerable<(string, string)> Tiles(IReadOnlyList<TrialLine> lines, Schedule schedule, string metric)
    {
        IEnumerable<double> values = lines.Select(l => l.Value).OfType<double>();
        yield return ($"best {metric}", ReportPage.Number(values.Any() ? values.Aggregate((a, b) => schedule.IsBetter(b, a) ? b : a) : null));
        yield return ("with the defaults", ReportPage.Number(lines.LastOrDefault(l => l is { Trial: 0, Seed: 0 })?.Value));
        yield return ("trials", $"{lines.Max(l => l.Trial) + 1}");
        yield return ("minutes", (lines.Sum(l => l.Seconds) / 60).ToString("F1", CultureInfo.InvariantCulture));
    }

    private static Plot Course(IReadOnlyList<TrialLine> lines, Schedule schedule, string metric)
    {
        Plot plot = new("Best value of each trial, by the epochs that it was trained", "trial", metric) { Whole = true, Robust = true };
        foreach (int rung in schedule.Rungs)
            plot.Points($"{rung} epochs", lines.Where(l => l.Epochs == rung && l.Seed == 0).Select(l => ((double)l.Trial, l.Value)));
        return plot;
    }

    private static void Influences(StringBuilder page, SearchSpace space, IReadOnlyList<TrialLine> lines, Schedule schedule, string metric)
    {
        TrialLine[] first = [.. lines.Where(l => l.Epochs == schedule.Rungs[0] && l.Seed == 0 && l.Value is not null)];
        IReadOnlyList<OptionInfluence> influences = OptionInfluence.All(space, first, (line, d) => TextOf(line, d));
        if (influences.Count == 0)
            return;
        page.Append($"<h2>What mattered</h2><p>Share of the differences between the {first.Length} trials, after {schedule.Rungs[0]} epochs, that the values of one option explain by themselves. Shares of few trials are rough, and the best values of two options need not go together.</p>");
        foreach ((int i, OptionInfluence influence) in influences.Index())
        {
            page.Append($"<details{(i < 3 ? " open" : "")}><summary>{influence.Dimension.Option.Name}: {influence.Share.ToString("P0", CultureInfo.InvariantCulture)}</summary>");
            FieldTables.Table(page, ["value", "trials", $"mean {metric}"], influence.Values.Select(v => new[] { v.Value, $"{v.Trials}", ReportPage.Number(v.Mean) }));
            page.Append("</details>");
        }
    }

    private static void Trials(StringBuilder page, SearchSpace space, IReadOnlyList<TrialLine> lines, Schedule schedule, string metric)
    {
        IReadOnlyList<int> best = schedule.Best([.. lines.Select(l => l.Outcome)], Listed);
        page.Append("<h2>The best trials</h2><p>Those that were trained longest come first. “–” is the default.</p>");
        FieldTables.Table(page, ["trial", "epochs", metric, .. space.Dimensions.Select(d => d.Option.Name)], best.Select(trial =>
        {
            TrialLine line = lines.Last(l => l.Trial == trial && l.Seed == 0 && l.Value is not null);
            return (string[])[$"{trial}", $"{line.Epochs}", ReportPage.Number(line.Value), .. space.Dimensions.Select(d => TextOf(line, d) ?? "–")];
        }));
        if (lines.Where(l => l.Failure is not null).ToArray() is { Length: > 0 } failed)
            FieldTables.Table(page, ["failed trial", "why"], failed.Select(l => new[] { $"{l.Trial}", l.Failure! }));
    }

    private static string? TextOf(TrialLine line, Dimension d) => TrialRuns.ValuesOf(line.Options).TryGetValue(d.Option.Name, out object? value) ? d.Describe(value!) : null;
}
