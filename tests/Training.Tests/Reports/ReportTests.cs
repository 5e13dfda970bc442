using System.Text.Json;
using System.Text.RegularExpressions;
using GpuCtr.Data;
using GpuCtr.Training.Checkpoints;
using GpuCtr.Training.Metrics;
using GpuCtr.Training.Reports;

namespace GpuCtr.Training.Tests.Reports;

/// <summary>A run of DIN with everything that a report can show.</summary>
public sealed class ReportedRun : OwnFolder
{
    public ReportedRun()
    {
        string train = new ServedRows(4000, seed: 1).Write(Folder.File("train.parquet")), test = new ServedRows(1500, seed: 2, users: 60).Write(Folder.File("test.parquet"));
        Run = Folder.File("run <1>");
        CommandRunner.Run(
            "train", train, "--test", test, "--epochs", "3", "--batch-size", "128", "--hidden-units", "16", "--attention-units", "8", "--embedding-dim", "4", "--lr", "0.005", "--lr-steps", "3:0.5",
            "--group-id", "user", "--max-history", "10", "--device", "cpu", "--out", Run).Succeeded();
        Page = File.ReadAllText(Path.Combine(Run, "report.html"));
    }

    public string Run { get; }

    public string Page { get; }
}

public sealed partial class ReportTests(ReportedRun run) : IClassFixture<ReportedRun>
{
    [SkippableTheory]
    [InlineData(1100)]
    [InlineData(400)]
    public void A_browser_draws_every_chart_within_its_frame(int width)
    {
        PageLayout layout = PageLayout.Of(run.Page, run.Folder, width);
        string[] expected = ["Loss", "AUC by epoch", "Throughput", "Waiting for data", "Learning rate", "Calibration", "Scores by label", "AUC by length of hist_item", "AUC by length of tags", "AUC by value of item", "AUC by value of site", "AUC by value of age", "AUC by value of price"];
        Assert.Subset(layout.Charts.Select(c => c.Title).ToHashSet(), expected.ToHashSet());
        layout.AssertTidy();
    }

    [Fact]
    public void Epochs_are_in_a_table_and_the_best_and_last_step_are_named()
    {
        EpochMetrics[] epochs = [.. File.ReadLines(Path.Combine(run.Run, "metrics.jsonl")).Select(JsonText.Parse<EpochMetrics>)];
        foreach (EpochMetrics e in epochs)
            Assert.Contains(FormattableString.Invariant($"<tr><td>{e.Epoch}</td><td>{e.Step}</td><td>{e.TrainLogloss:F5}</td><td>{e.ValidLogloss:F5}</td><td>{e.ValidAuc:F5}</td>"), run.Page);
        EpochMetrics best = epochs.Last(e => e.Best);
        Assert.Contains($"<span>{best.Epoch} <small>(step {best.Step})</small></span>best epoch", run.Page);
        Assert.Contains($"<span>3 <small>(step {epochs[^1].Step})</small></span>last epoch", run.Page);
        Assert.Contains("measured on each batch before the model learns from it", run.Page);
    }

    [Fact]
    public void A_value_with_few_rows_of_a_label_is_in_the_table_only_and_no_axis_goes_beyond_1()
    {
        Slice rare = new("rare", 12, 0.9, 0.25, 0.2), common = new("common", 1000, 0.99, 0.25, 0.2);
        string chart = $"{ScoreCharts.Parts("AUC by value of x", "value", [common, rare], 0.98)}";
        Assert.Single(Regex.Matches(chart, "<circle"));
        Assert.DoesNotContain(">1.", chart);
        Assert.Equal("1 of 2 values has fewer than 10 rows with label 1 or with label 0, too few for an AUC: in the table only.", ScoreCharts.LeftOut([common, rare]));
        Assert.Equal("", ScoreCharts.LeftOut([common]));
    }

    [Fact]
    public void The_page_needs_no_network_and_escapes_names()
    {
        Assert.DoesNotMatch("(src|href|url)\\s*[=(]", run.Page);
        Assert.DoesNotContain("http", run.Page.Replace("http://www.w3.org", ""));
        Assert.DoesNotContain("run <1>", run.Page);
        Assert.Contains("run &lt;1&gt;", run.Page);
    }

    [Fact]
    public void Slices_of_a_field_are_all_rows_once()
    {
        // Every field's table adds up to the rows of the test shard.
        foreach (Match details in Details().Matches(run.Page))
            Assert.Equal(1500, FirstNumbers().Matches(details.Value).Sum(m => int.Parse(m.Groups[1].Value.Replace(",", ""))));
        Assert.Contains("(other values)", run.Page);
        Assert.Contains("(null)", run.Page);
    }

    [Fact]
    public void Numbers_are_cut_into_ranges_of_about_as_many_rows_from_the_least_to_the_greatest()
    {
        (string Name, int Rows)[] Parts(string column) =>
            [.. NamedRows().Matches(Details().Matches(run.Page).Single(d => d.Value.Contains($"<summary>{column}<")).Value).Select(m => (m.Groups[1].Value, int.Parse(m.Groups[2].Value.Replace(",", ""))))];
        var price = Parts("price");
        Assert.Equal(8, price.Length);
        Assert.All(price, p => Assert.InRange(p.Rows, 187, 188));
        double[][] ranges = [.. price.Select(p => p.Name.Split(" … ").Select(double.Parse).ToArray())];
        Assert.All(ranges, r => Assert.True(r[0] < r[1]));
        Assert.All(ranges.Zip(ranges.Skip(1)), r => Assert.True(r.First[1] <= r.Second[0]));
        Assert.Equal((-2, 2), (ranges[0][0], ranges[^1][1]), (a, b) => Math.Abs(a.Item1 - b.Item1) < 0.02 && Math.Abs(a.Item2 - b.Item2) < 0.02);
        var age = Parts("age");
        Assert.StartsWith("18 … ", age[0].Name);
        Assert.EndsWith(" … 79", age[7].Name);
        Assert.Equal("(missing)", age[8].Name);
        Assert.InRange(age[8].Rows, 1500 / 8 - 60, 1500 / 8 + 60);
    }

    [Fact]
    public void Steps_and_epochs_are_in_the_event_file()
    {
        string path = Assert.Single(Directory.GetFiles(run.Run, "events.out.tfevents.*"));
        var events = EventFileTests.Records(File.ReadAllBytes(path)).Skip(1).Select(EventFileTests.Event).ToArray();
        EpochMetrics[] epochs = [.. File.ReadLines(Path.Combine(run.Run, "metrics.jsonl")).Select(JsonText.Parse<EpochMetrics>)];
        Assert.Equal(epochs.Select(e => (float)e.ValidAuc!.Value), events.Where(e => e.Values.ContainsKey("valid/auc")).Select(e => e.Values["valid/auc"]));
        StepSample[] steps = [.. StepSample.Read(Path.Combine(run.Run, "steps.jsonl"))];
        Assert.InRange(steps.Length, 3 * 25, 3 * 101);
        Assert.Equal(steps.Select(s => (long)s.Step), events.Where(e => e.Values.ContainsKey("train/logloss")).Select(e => e.Step));
        Assert.All(steps, s => Assert.InRange(s.LoaderWait, 0, 1));
        Assert.True(steps[^1].Loss < steps[0].Loss);
    }

    [GeneratedRegex("<details.*?</details>", RegexOptions.Singleline)]
    private static partial Regex Details();

    [GeneratedRegex("<tr><td>[0-9]+</td><td>([^<]*)</td><td>([0-9,]+)</td>")]
    private static partial Regex NamedRows();

    [GeneratedRegex("<tr><td>[0-9]+</td><td>[^<]*</td><td>([0-9,]+)</td>")]
    private static partial Regex FirstNumbers();
}
