using System.Text.Json;
using GpuCtr.Data.Shards;

namespace GpuCtr.Engine.Tests.Commands;

public sealed class CompareTests(CompareTests.Runs runs) : IClassFixture<CompareTests.Runs>
{
    /// <summary>Two finished runs, the second with a larger learning rate and no test rows.</summary>
    public sealed class Runs : OwnFolder
    {
        public Runs()
        {
            Train = PlantedShards.Write(Folder.File("train.parquet"), 4_000, 1);
            string test = PlantedShards.Write(Folder.File("test.parquet"), 1_000, 2);
            (First, Second) = (Folder.File("first"), Folder.File("second"));
            FirstMetrics = Result("train", Train, "--test", test, "--epochs", "2", "--out", First, "--json");
            SecondMetrics = Result("train", Train, "--epochs", "1", "--out", Second, "--json", "--model", "fm");
        }

        public string Train { get; }

        public string First { get; }

        public string Second { get; }

        public JsonElement FirstMetrics { get; }

        public JsonElement SecondMetrics { get; }

        private static JsonElement Result(params string[] args) => JsonDocument.Parse(CommandRunner.Run([.. args, .. TrainedRun.SmallModel]).Succeeded().Out).RootElement;
    }

    [Fact]
    public void Json_has_the_metrics_that_the_runs_ended_with()
    {
        JsonElement[] lines = [.. JsonDocument.Parse(CommandRunner.Run("compare", runs.First, runs.Second, "--json").Succeeded().Out).RootElement.EnumerateArray()];
        Assert.Equal([runs.First, runs.Second], lines.Select(l => l.GetProperty("run").GetString()));
        Assert.Equal(["deepfm", "fm"], lines.Select(l => l.GetProperty("model").GetString()));
        Assert.Equal([2, 1], lines.Select(l => l.GetProperty("epochs").GetInt32()));
        foreach ((JsonElement line, JsonElement metrics) in lines.Zip([runs.FirstMetrics, runs.SecondMetrics]))
        {
            Assert.Equal(metrics.GetProperty("valid_auc").GetDouble(), line.GetProperty("valid_auc").GetDouble());
            Assert.Equal(metrics.GetProperty("train_seconds").GetDouble(), line.GetProperty("train_seconds").GetDouble());
        }
        Assert.Equal(runs.FirstMetrics.GetProperty("auc").GetDouble(), lines[0].GetProperty("test_auc").GetDouble());
        Assert.Equal(JsonValueKind.Null, lines[1].GetProperty("test_auc").ValueKind);
        Assert.Equal("1", lines[1].GetProperty("differences").GetProperty("epochs").GetString());
        Assert.False(lines[0].GetProperty("differences").TryGetProperty("batch_size", out _));
    }

    [Fact]
    public void Table_marks_the_best_and_shows_what_differs()
    {
        CommandOutcome outcome = CommandRunner.Run("compare", runs.First, runs.Second).Succeeded();
        string[] lines = outcome.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith("run ", lines[0]);
        Assert.Contains("valid AUC", lines[0]);
        Assert.DoesNotContain("gAUC", outcome.Out);
        double first = runs.FirstMetrics.GetProperty("valid_auc").GetDouble(), second = runs.SecondMetrics.GetProperty("valid_auc").GetDouble();
        Assert.Contains(FormattableString.Invariant($"{Math.Max(first, second):F5} *"), lines[first > second ? 1 : 2]);
        Assert.Contains(lines, l => l.StartsWith("epochs ", StringComparison.Ordinal));
        Assert.Equal("", outcome.Error);
    }

    [Fact]
    public void Runs_on_other_rows_are_noted_and_an_unfinished_one_is_named_so()
    {
        string shard = PlantedShards.Write(runs.Folder.File("other.parquet"), 1_000, 3), other = runs.Folder.File("other");
        CommandRunner.Run(["train", shard, "--out", other, .. TrainedRun.SmallModel]).Succeeded();
        File.Delete(Path.Combine(other, "result.json"));
        CommandOutcome outcome = CommandRunner.Run("compare", runs.First, other).Succeeded();
        Assert.Contains("1, unfinished", outcome.Out);
        Assert.Contains("different rows", outcome.Error);
    }

    [Fact]
    public void What_is_no_run_is_one_line()
    {
        CommandRunner.Run("compare", runs.First).FailedWith(ExitCode.Usage, "two run folders");
        CommandRunner.Run("compare", runs.First, runs.Folder.Path).FailedWith(ExitCode.Usage, runs.Folder.Path, "config.json");
        string damaged = runs.Folder.File("damaged");
        Directory.CreateDirectory(damaged);
        foreach (string text in new[] { "", "[]", "{}", "{\"options\":1}", "{\"options\":{},\"model\":{" })
        {
            File.WriteAllText(Path.Combine(damaged, "config.json"), text);
            CommandRunner.Run("compare", runs.First, damaged).FailedWith(ExitCode.Data, "config.json", "damaged");
        }
    }
}
