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
    // A script in a copy of the page reports what the browser laid out, rather than what the file contains.
    private const string Measure = """
        <script>
        const charts = [...document.querySelectorAll('svg.chart')].map(svg => {
          const box = svg.getBoundingClientRect(), marks = [...svg.querySelectorAll('.line,.bar,.dot')];
          const drawn = marks.filter(m => { const b = m.getBoundingClientRect(); return (b.width > 0 || b.height > 0) && b.left >= box.left - 1 && b.right <= box.right + 1 && b.top >= box.top - 1 && b.bottom <= box.bottom + 1; });
          return { title: svg.getAttribute('aria-label'), width: box.width, height: box.height, marks: marks.length, drawn: drawn.length, color: marks.length ? getComputedStyle(marks[0])[marks[0].classList.contains('line') ? 'stroke' : 'fill'] : '' };
        });
        document.title = JSON.stringify(charts);
        </script>
        """;

    [SkippableFact]
    public void A_browser_draws_every_chart_within_its_frame()
    {
        string copy = run.Folder.File("copy.html");
        // Folded fields are not laid out, so the copy unfolds them.
        File.WriteAllText(copy, run.Page.Replace("<details>", "<details open>").Replace("</body>", Measure + "</body>"));
        string dom = Browser.Dom(copy), title = System.Net.WebUtility.HtmlDecode(Title().Match(dom).Groups[1].Value);
        JsonElement[] charts = [.. JsonDocument.Parse(title).RootElement.EnumerateArray()];
        string[] expected = ["Loss", "AUC by epoch", "Throughput", "Waiting for data", "Learning rate", "Calibration", "Scores by label", "AUC by length of hist_item", "AUC by length of tags", "AUC by value of item", "AUC by value of site", "AUC by value of age", "AUC by value of price"];
        Assert.Subset(charts.Select(c => c.GetProperty("title").GetString()!).ToHashSet(), expected.ToHashSet());
        foreach (JsonElement chart in charts)
        {
            int marks = chart.GetProperty("marks").GetInt32();
            Assert.True(chart.GetProperty("width").GetDouble() > 300 && chart.GetProperty("height").GetDouble() > 150, chart.ToString());
            Assert.True(marks > 0 && marks == chart.GetProperty("drawn").GetInt32(), chart.ToString());
            Assert.StartsWith("rgb(", chart.GetProperty("color").GetString());
        }
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

    [GeneratedRegex("<title>(.*?)</title>", RegexOptions.Singleline)]
    private static partial Regex Title();

    [GeneratedRegex("<details.*?</details>", RegexOptions.Singleline)]
    private static partial Regex Details();

    [GeneratedRegex("<tr><td>[0-9]+</td><td>([^<]*)</td><td>([0-9,]+)</td>")]
    private static partial Regex NamedRows();

    [GeneratedRegex("<tr><td>[0-9]+</td><td>[^<]*</td><td>([0-9,]+)</td>")]
    private static partial Regex FirstNumbers();
}
