using System.Text.Json;
using System.Text.Json.Nodes;
using GpuCtr.Engine;
using GpuCtr.Training.Tests.Reports;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Training.Tests.Tuning;

/// <summary>Searches over a few tiny models on 4,000 planted rows.</summary>
public sealed class TuneTests : IDisposable
{
    private const string Space = """{"lr": {"from": 1e-4, "to": 0.1, "log": true}, "dropout": [0, 0.2], "hidden_units": ["8", "16,8"]}""";

    private static readonly string[] common = ["--embedding-dim", "4", "--batch-size", "256", "--epochs", "3", "--device", "cpu", "--threads", "1", "--finalists", "1", "--seeds", "2"];

    private readonly TempFolder folder = new();
    private readonly string train, test, space;

    public TuneTests()
    {
        (train, test, space) = (PlantedShards.Write(folder.File("train.parquet"), 4000, 1), PlantedShards.Write(folder.File("test.parquet"), 2000, 2), folder.File("space.json"));
        File.WriteAllText(space, Space);
    }

    [Fact]
    public void The_best_run_is_left_ready_to_serve()
    {
        JsonElement found = JsonDocument.Parse(Tune("tuned", "--trials", "6", "--test", test, "--json").Out).RootElement;
        string best = folder.File("tuned/best");
        JsonElement evaluated = JsonDocument.Parse(Run("evaluate", "--model", best, test, "--device", "cpu", "--json").Succeeded().Out).RootElement;
        Assert.Equal(found.GetProperty("test").GetProperty("auc").GetDouble(), evaluated.GetProperty("auc").GetDouble());
        Assert.Equal(best, found.GetProperty("best").GetString());
        // The defaults are trained to the end as well, and the best with two seeds.
        JsonNode[] whole = [.. Lines("tuned").Where(l => (int)l["epochs"]! == 3)];
        Assert.Contains(whole, l => (int)l["trial"]! == 0);
        JsonNode first = whole.Where(l => (int)l["seed"]! == 0).MaxBy(l => (double)l["value"]!)!, second = Assert.Single(whole, l => (int)l["seed"]! == 1);
        Assert.Equal((int)first["trial"]!, (int)second["trial"]!);
        Assert.Equal(((double)first["value"]! + (double)second["value"]!) / 2, found.GetProperty("value").GetDouble(), 1e-12);
        Assert.Contains("What mattered", File.ReadAllText(folder.File("tuned/report.html")), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_browser_draws_the_report()
    {
        Tune("drawn", "--trials", "5");
        PageLayout layout = PageLayout.Of(File.ReadAllText(folder.File("drawn/report.html")), folder, 1100);
        layout.AssertTidy();
        Assert.True(Assert.Single(layout.Charts).Colors.Distinct().Count() > 1);
    }

    [Fact]
    public void A_search_is_a_function_of_its_seed_and_goes_on_to_what_one_that_never_stopped_finds()
    {
        Tune("whole", "--trials", "4");
        Tune("parts", "--trials", "2");
        Run("tune", "--resume", "--out", folder.File("parts"), "--trials", "4").Succeeded();
        // A search of two trials has ended with pieces that one of four has no need of.
        string[] whole = Told("whole"), parts = Told("parts");
        Assert.Empty(whole.Except(parts));
        Tune("again", "--trials", "4");
        Assert.Equal(whole, Told("again"));
        Tune("other", "--trials", "4", "--seed", "2");
        Assert.NotEqual(whole, Told("other"));
    }

    [Fact]
    public void A_line_that_a_kill_cut_short_is_written_again()
    {
        Tune("killed", "--trials", "3");
        string[] expected = Told("killed");
        string log = folder.File("killed/trials.jsonl");
        File.WriteAllText(log, File.ReadAllText(log)[..^40]);
        Run("tune", "--resume", "--out", folder.File("killed"), "--trials", "3").Succeeded();
        Assert.Equal(expected, Told("killed"));
    }

    [Fact]
    public void Trials_that_fail_are_told_and_do_not_end_the_search()
    {
        File.WriteAllText(space, """{"lr": [1e30]}""");
        CommandOutcome outcome = Tune("failing", "--trials", "3");
        Assert.Contains("failed: ", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("best    trial 0", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_of_trials_that_are_out_are_removed()
    {
        Tune("small", "--trials", "9");
        int[] kept = [.. Directory.GetDirectories(folder.File("small/trials")).Where(d => Directory.Exists(Path.Combine(d, "checkpoints")) && Directory.EnumerateDirectories(Path.Combine(d, "checkpoints")).Any()).Select(d => int.Parse(Path.GetFileName(d).Split('-')[0]))];
        Assert.InRange(kept.Distinct().Count(), 1, 6);
        Assert.Equal(9, Directory.GetDirectories(folder.File("small/trials")).Count(d => !d.Contains("seed", StringComparison.Ordinal) && File.Exists(Path.Combine(d, "metrics.jsonl"))));
    }

    [Fact]
    public void A_budget_that_ends_before_the_first_trial_says_so() => Run(["tune", train, "--out", folder.File("short"), "--budget", "0.001s", "--space", space, .. common])
        .FailedWith(ExitCode.Usage, "no trial completed its 1 epochs within 0.001s; take a larger --budget with --resume");

    [Theory]
    [InlineData("--overwrite", "", "tune does not overwrite a search")]
    [InlineData("--valid-fraction", "0", "tune compares runs on validation rows")]
    [InlineData("--budget", "soon", "expected a time such as 30m, 2h or 90s")]
    public void Mistakes_are_told_before_anything_is_trained(string flag, string value, string message) =>
        Run(["tune", train, "--out", folder.File("bad"), "--space", space, .. common, flag, .. value.Length > 0 ? [value] : Array.Empty<string>()]).FailedWith(ExitCode.Usage, message);

    [Fact]
    public void Another_search_in_the_same_folder_is_refused()
    {
        Tune("once", "--trials", "1");
        Run(["tune", train, "--out", folder.File("once"), "--trials", "1", .. common]).FailedWith(ExitCode.Usage, "already contains a search");
        Directory.CreateDirectory(folder.File("strange"));
        File.WriteAllText(folder.File("strange/notes.txt"), "mine");
        Run(["tune", train, "--out", folder.File("strange"), "--trials", "1", .. common]).FailedWith(ExitCode.Usage, "neither empty nor the folder of a search (it contains notes.txt)");
    }

    public void Dispose() => folder.Dispose();

    private CommandOutcome Tune(string name, params string[] more) => Run(["tune", train, "--out", folder.File(name), "--space", space, .. common, .. more]).Succeeded();

    private JsonNode[] Lines(string name) => [.. File.ReadAllLines(folder.File($"{name}/trials.jsonl")).Select(l => JsonNode.Parse(l)!)];

    /// <summary>The lines without times.</summary>
    private string[] Told(string name) => [.. Lines(name).Select(l =>
    {
        l["seconds"] = 0;
        return l.ToJsonString();
    })];
}
