using System.Text.Json;
using GpuCtr.Data.Shards;
using static GpuCtr.Tests.CommandRunner;
using static GpuCtr.Tests.TrainedRun;

namespace GpuCtr.Engine.Tests.Commands;

public sealed class TrainCommandTests(TrainedRun run) : IClassFixture<TrainedRun>
{
    [Fact]
    public void Training_learns_what_was_planted()
    {
        Assert.InRange(run.Metrics.GetProperty("auc").GetDouble(), 0.7, 0.95);
        Assert.InRange(run.Metrics.GetProperty("valid_auc").GetDouble(), 0.7, 0.95);
        Assert.InRange(run.Metrics.GetProperty("logloss").GetDouble(), 0.3, 0.65);
        Assert.Equal(5_000, run.Metrics.GetProperty("rows").GetInt32());
    }

    [Fact]
    public void Json_is_one_line_with_the_promised_keys()
    {
        Assert.Equal(1, run.Outcome.Out.Count(c => c == '\n'));
        string[] keys = ["auc", "logloss", "gauc", "rows", "valid_auc", "epochs", "rows_per_second", "train_seconds", "weights_hash", "device"];
        Assert.Equal(keys, run.Metrics.EnumerateObject().Select(p => p.Name));
        Assert.True(run.Metrics.GetProperty("rows_per_second").GetDouble() > 0);
        Assert.Equal(32, run.Metrics.GetProperty("weights_hash").GetString()!.Length);
    }

    [Fact]
    public void The_run_folder_is_complete()
    {
        foreach (string name in new[] { "config.json", "best", "last", "metrics.jsonl", "run.log" })
            Assert.True(File.Exists(Path.Combine(run.Run, name)), name);
        Assert.Equal(2, File.ReadAllLines(Path.Combine(run.Run, "metrics.jsonl")).Length);
        string checkpoint = Path.Combine(run.Run, "checkpoints", File.ReadAllText(Path.Combine(run.Run, "best")).Trim());
        foreach (string name in new[] { "manifest.json", "features.json", "model.safetensors", "optimizer.safetensors", "vocab" })
            Assert.True(Path.Exists(Path.Combine(checkpoint, name)), name);
        Assert.InRange(Directory.GetDirectories(Path.Combine(run.Run, "checkpoints")).Length, 1, 2);
        Assert.False(File.Exists(Path.Combine(run.Run, "run.lock")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("best")]
    public void Evaluation_gives_the_metrics_of_training(string part)
    {
        CommandOutcome evaluated = Run("evaluate", "--model", Path.Combine(run.Run, part), run.Test, "--json", "--device", "cpu").Succeeded();
        JsonElement metrics = JsonDocument.Parse(evaluated.Out).RootElement;
        foreach (string key in new[] { "auc", "logloss", "gauc", "rows", "weights_hash" })
            Assert.Equal(run.Metrics.GetProperty(key).GetRawText(), metrics.GetProperty(key).GetRawText());
        Assert.Equal(10, metrics.GetProperty("calibration_bins").GetArrayLength());
    }

    [Fact]
    public void Seed_and_nothing_else_decides_the_weights()
    {
        string Hash(string seed, string threads, string batchMemory)
        {
            string folder = run.Folder.File($"seed{seed}-{threads}-{batchMemory}");
            CommandOutcome o = Run(["train", run.Train, "--dropout", "0.1", "--seed", seed, "--threads", threads, "--memory", batchMemory, "--out", folder, "--json", .. SmallModel]);
            return JsonDocument.Parse(o.Succeeded().Out).RootElement.GetProperty("weights_hash").GetString()!;
        }

        string first = Hash("1", "1", "4GB");
        Assert.Equal(first, Hash("1", "2", "4GB"));
        Assert.NotEqual(first, Hash("2", "2", "4GB"));
        // With too little memory for the rows they are streamed, in another order, which is just as reproducible.
        string Least(string threads) => LeastMemory(["train", run.Train, "--dropout", "0.1", "--threads", threads, "--out", run.Folder.File("none"), .. SmallModel]);
        string least = Least("1");
        Assert.Equal(least, Least("2"));
        Assert.Equal(Hash("1", "1", least), Hash("1", "2", least));
    }

    [Fact]
    public void A_run_is_overwritten_only_when_asked()
    {
        string folder = run.Folder.File("twice");
        string[] train = ["train", run.Train, "--out", folder, .. SmallModel];
        Run(train).Succeeded();
        Run(train).FailedWith(ExitCode.Usage, "already holds a run", "--overwrite");
        File.WriteAllText(Path.Combine(folder, "notes.txt"), "mine");
        Run([.. train, "--overwrite"]).Succeeded();
        Assert.True(File.Exists(Path.Combine(folder, "notes.txt")));
    }

    [Fact]
    public void Flags_override_the_config_file_and_a_run_repeats_from_its_config()
    {
        string config = Path.Combine(run.Run, "config.json"), folder = run.Folder.File("again");
        CommandOutcome again = Run("train", "--config", config, "--out", folder).Succeeded();
        Assert.Equal(run.Metrics.GetProperty("weights_hash").GetString(), JsonDocument.Parse(again.Out).RootElement.GetProperty("weights_hash").GetString());
        CommandOutcome shorter = Run("train", "--config", config, "--out", run.Folder.File("shorter"), "--epochs", "1").Succeeded();
        Assert.Equal(1, JsonDocument.Parse(shorter.Out).RootElement.GetProperty("epochs").GetInt32());
    }

    [Fact]
    public void The_config_of_a_run_serves_other_shards_without_its_validation_and_test_rows()
    {
        string first = run.Folder.File("validated"), next = run.Folder.File("other rows");
        Run(["train", run.Train, "--valid", run.Test, "--test", run.Test, "--out", first, .. SmallModel]).Succeeded();
        string other = PlantedShards.Write(run.Folder.File("other.parquet"), 600, 5), config = Path.Combine(first, "config.json");
        Run("train", other, "--config", config, "--out", next).Succeeded();
        JsonElement options = JsonDocument.Parse(File.ReadAllText(Path.Combine(next, "config.json"))).RootElement.GetProperty("options");
        Assert.Equal((other, 0, 0), (options.GetProperty("shards")[0].GetString(), options.GetProperty("valid").GetArrayLength(), options.GetProperty("test").GetArrayLength()));
        // Without shards it is that run again, but in a folder of its own.
        Run("train", "--config", config, "--out", next).FailedWith(ExitCode.Usage, "already holds a run");
        Run("train", "--config", config, "--out", run.Folder.File("repeated")).Succeeded();
        Assert.Contains(run.Test, File.ReadAllText(run.Folder.File("repeated/config.json")));
    }

    [Fact]
    public void Training_stops_when_nothing_gets_better_and_says_that_the_first_epoch_was_best()
    {
        // Without a learning rate nothing changes, so no epoch is better than the first.
        CommandOutcome o = Run(["train", run.Train, "--epochs", "9", "--patience", "2", "--out", run.Folder.File("stale"), "--json", .. SmallModel[..^2], "--lr", "0"]).Succeeded();
        Assert.Equal(3, JsonDocument.Parse(o.Out).RootElement.GetProperty("epochs").GetInt32());
        Assert.Contains("the first epoch was the best", o.Error);
        Assert.Contains("best epoch 1 reloaded", o.Error);
    }

    [Fact]
    public void Shared_shards_are_warned_about()
    {
        CommandOutcome o = Run(["train", run.Train, "--valid", run.Train, "--out", run.Folder.File("shared"), .. SmallModel]).Succeeded();
        Assert.Contains("is also a training shard", o.Error);
        Assert.Equal("", o.Out);
    }

    [Fact]
    public void One_class_gives_null_and_not_a_half()
    {
        string shard = new TestShard().Column("label", new int[300]).Column("a", [.. Enumerable.Range(0, 300)]).Write(run.Folder.File("zeros.parquet"));
        CommandOutcome o = Run(["train", shard, "--out", run.Folder.File("zeros"), "--json", .. SmallModel]).Succeeded();
        Assert.Equal(JsonValueKind.Null, JsonDocument.Parse(o.Out).RootElement.GetProperty("auc").ValueKind);
        Assert.Contains("rows have label 0 (valid: 0 of ", o.Error);
        Assert.Contains("there is nothing to learn", o.Error);
    }

    [Fact]
    public void A_loss_that_is_not_finite_ends_in_exit_4_with_the_position()
    {
        Run(["train", run.Train, "--optimizer", "sgd", "--out", run.Folder.File("diverged"), .. SmallModel[..^2], "--lr", "1e30"])
            .FailedWith(ExitCode.Numeric, "not finite", "step", "epoch 1", "rows", "--lr");
    }
}
