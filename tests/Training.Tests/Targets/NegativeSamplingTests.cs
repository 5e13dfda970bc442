using System.Text.Json;
using GpuCtr.Data.Features;
using GpuCtr.Data.Splits;
using GpuCtr.Engine;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Training.Tests.Targets;

/// <summary>Few of many negatives are trained on, and predictions are those of all rows.</summary>
public sealed class NegativeSamplingTests : OwnFolder
{
    private const double Rate = 0.25;

    /// <summary>Clicks of logit −2.5 + a + b of two columns.</summary>
    private string Planted(int rows, int groupRows = 10_000)
    {
        Random random = new(7);
        long[] site = [.. Enumerable.Range(0, rows).Select(_ => (long)random.Next(4))], device = [.. site.Select(_ => (long)random.Next(3))];
        return new TestShard().Column("site", site).Column("device", device)
            .Column("label", [.. site.Select((s, i) => random.NextDouble() < 1 / (1 + Math.Exp(2.5 - 0.5 * s + 0.4 * device[i])) ? 1 : 0)])
            .Write(Folder.File("planted.parquet"), groupRows);
    }

    private static JsonElement Json(CommandOutcome o) => JsonDocument.Parse(o.Succeeded().Out).RootElement;

    private CommandOutcome Train(string shard, string run, params string[] flags) =>
        Run(["train", shard, "--out", Folder.File(run), "--model", "lr", "--lr", "0.02", "--categorical", "site,device", "--device", "cpu", "--fit-cache", "off", "--json", "--negative-sampling", $"{Rate}", .. flags]);

    [Fact]
    public void Predictions_are_calibrated_on_all_rows()
    {
        string shard = Planted(100_000);
        CommandOutcome o = Train(shard, "run", "--batch-size", "1024", "--epochs", "8", "--monitor", "logloss").Succeeded();
        Assert.Contains("25.0000 % of the rows with label 0 are trained on", o.Error);
        JsonElement all = Json(Run("evaluate", "--model", Folder.File("run"), shard, "--json"));
        Assert.InRange(all.GetProperty("calibration").GetDouble(), 0.99, 1.01);
        Assert.Equal(100_000, all.GetProperty("rows").GetInt32());

        // One row by every way out.
        JsonElement explained = Json(Run("explain", "--model", Folder.File("run"), "--row", "3", shard, "--json"));
        double parts = explained.GetProperty("bias").GetDouble() + explained.GetProperty("fields").EnumerateArray().Sum(f => f.GetProperty("first_order").GetDouble());
        Assert.Equal(explained.GetProperty("logit").GetDouble(), parts, 1e-5);
        using CtrModel served = CtrModel.Load(Path.Combine(Folder.File("run"), "best"));
        FeatureRow row = served.NewRow();
        foreach (JsonElement field in explained.GetProperty("fields").EnumerateArray())
            row.Set(field.GetProperty("field").GetString()!, long.Parse(field.GetProperty("value").GetString()!));
        Assert.Equal(explained.GetProperty("score").GetDouble(), served.Score(row), 1e-6);
    }

    [Fact]
    public void Streams_threads_and_resumed_runs_draw_the_same_rows()
    {
        string shard = Planted(3_000, groupRows: 250);
        string[] options = ["--batch-size", "64", "--patience", "0"];
        string[] streamed = [.. options, "--memory", LeastMemory(["train", shard, "--out", Folder.File("none"), "--model", "lr", .. options])];
        string expected = Json(Train(shard, "one", [.. streamed, "--epochs", "2", "--threads", "1"])).GetProperty("weights_hash").GetString()!;
        Assert.Equal(expected, Json(Train(shard, "four", [.. streamed, "--epochs", "2", "--threads", "4"])).GetProperty("weights_hash").GetString());
        Train(shard, "parts", [.. streamed, "--epochs", "1"]).Succeeded();
        Assert.Equal(expected, Json(Run("train", "--resume", "--out", Folder.File("parts"), "--epochs", "2")).GetProperty("weights_hash").GetString());
        Assert.NotEqual(expected, Json(Train(shard, "other", [.. streamed, "--epochs", "2", "--seed", "2"])).GetProperty("weights_hash").GetString());
    }

    [Fact]
    public void About_the_share_is_drawn_and_another_seed_draws_others()
    {
        NegativeDraw draw = new(Rate, 1), other = new(Rate, 2);
        int[] kept = [.. Enumerable.Range(0, 40_000).Where(row => draw.Keeps(3, row))];
        Assert.InRange(kept.Length, 9_700, 10_300);
        Assert.InRange(kept.Count(row => other.Keeps(3, row)), 2_300, 2_700);
        Assert.InRange(kept.Count(row => draw.Keeps(4, row)), 2_300, 2_700);
    }

    [Fact]
    public void What_it_does_not_go_with_says_so()
    {
        string shard = Planted(100);
        Train(shard, "run", "--soft-labels").FailedWith(ExitCode.Usage, "--soft-labels has probabilities");
        Run("train", shard, "--negative-sampling", "0").FailedWith(ExitCode.Usage, "--negative-sampling 0");
        Run("train", shard, "--negative-sampling", "0.5", "--model", "prm", "--group-id", "site").FailedWith(ExitCode.Usage, "prm ranks whole lists");
    }
}
