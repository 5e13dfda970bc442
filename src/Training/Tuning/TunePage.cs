using System.Globalization;
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
        HtmlPage page = new(title, "gpu-ctr tune");
        string metric = $"valid {lines[0].Metric}";
        page.Tiles(Tiles(lines, schedule, metric)).Headline("Trials").Beside(Course(lines, schedule, metric));
        Influences(page, space, lines, schedule, metric);
        Trials(page, space, lines, schedule, metric);
        return page.ToString();
    }

    private static IEnumerable<(string, string?)> Tiles(IReadOnlyList<TrialLine> lines, Schedule schedule, string metric)
    {
        IEnumerable<double> values = lines.Select(l => l.Value).OfType<double>();
        yield return ($"best {metric}", ReportPage.Number(values.Any() ? values.Aggregate((a, b) => schedule.IsBetter(b, a) ? b : a) : null));
        yield return ("with the defaults", ReportPage.Number(lines.LastOrDefault(l => l is { Trial: 0, Seed: 0 })?.Value));
        yield return ("trials", $"{lines.Max(l => l.Trial) + 1}");
        yield return ("minutes", (lines.Sum(l => l.Seconds) / 60).ToString("F1", CultureInfo.InvariantCulture));
    }

    private static Plot Course(IReadOnlyList<TrialLine> lines, Schedule schedule, string metric)
    {
        Plot plot = new("Trials by epochs trained", "trial", metric) { Whole = true, Robust = true };
        foreach (int rung in schedule.Rungs)
            plot.Points($"{rung} epochs", lines.Where(l => l.Epochs == rung && l.Seed == 0).Select(l => ((double)l.Trial, l.Value)));
        return plot;
    }

    private static void Influences(HtmlPage page, SearchSpace space, IReadOnlyList<TrialLine> lines, Schedule schedule, string metric)
    {
        TrialLine[] first = [.. lines.Where(l => l.Epochs == schedule.Rungs[0] && l.Seed == 0 && l.Value is not null)];
        IReadOnlyList<OptionInfluence> influences = OptionInfluence.All(space, first, (line, d) => TextOf(line, d));
        if (influences.Count == 0)
            return;
        page.Headline("What mattered").Note($"Share of the variance between the {first.Length} trials, after {schedule.Rungs[0]} epochs, that the values of one option alone explain. With few trials, the shares are rough, and the best values of two options need not work well together.");
        foreach ((int i, OptionInfluence influence) in influences.Index())
        {
            page.Append($"<details{(i < 3 ? " open" : "")}><summary>{influence.Dimension.Option.Name}: {influence.Share.ToString("P0", CultureInfo.InvariantCulture)}</summary>");
            page.Append(HtmlPage.Table(["value", "trials", $"mean {metric}"], influence.Values.Select(v => new[] { v.Value, $"{v.Trials}", ReportPage.Number(v.Mean) })));
            page.Append("</details>");
        }
    }

    private static void Trials(HtmlPage page, SearchSpace space, IReadOnlyList<TrialLine> lines, Schedule schedule, string metric)
    {
        IReadOnlyList<int> best = schedule.Best([.. lines.Select(l => l.Outcome)], Listed);
        page.Headline("The best trials").Note("Trials that were trained longest come first. “–” is the default.");
        page.Append(HtmlPage.Table(["trial", "epochs", metric, .. space.Dimensions.Select(d => d.Option.Name)], best.Select(trial =>
        {
            TrialLine line = lines.Last(l => l.Trial == trial && l.Seed == 0 && l.Value is not null);
            return (string[])[$"{trial}", $"{line.Epochs}", ReportPage.Number(line.Value), .. space.Dimensions.Select(d => TextOf(line, d) ?? "–")];
        })));
        if (lines.Where(l => l.Failure is not null).ToArray() is { Length: > 0 } failed)
            page.Append(HtmlPage.Table(["failed trial", "why"], failed.Select(l => new[] { $"{l.Trial}", l.Failure! })));
    }

    private static string? TextOf(TrialLine line, Dimension d) => TrialRuns.ValuesOf(line.Options).TryGetValue(d.Option.Name, out object? value) ? d.Describe(value!) : null;
}
