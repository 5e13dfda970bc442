using System.Diagnostics;
using System.Text.Json;
using GpuCtr.Engine.Tests.Commands;
using static GpuCtr.Engine.Tests.Commands.CommandRunner;

namespace GpuCtr.Engine.Tests.Training;

public sealed class ResumeTests(TrainedRun run) : IClassFixture<TrainedRun>
{
    private static readonly string[] options = ["--patience", "0", "--lr-plateau", "0.9", "--dropout", "0.2", "--batch-norm", "--json"];

    [SkippableFact]
    public void A_run_that_was_killed_again_and_again_ends_with_the_same_bits()
    {
        string whole = run.Folder.File("whole"), killed = run.Folder.File("killed");
        using (Process first = TrainProcess.Start(run, killed, [.. options, "--checkpoint-every", "7", "--epochs", "1000000"]))
        {
            TrainProcess.WaitFor(first, () => File.Exists(Path.Combine(killed, "last")));
            TrainProcess.Stop(first, "KILL");
        }

        for (int i = 0; i < 3; i++)
        {
            string before = File.ReadAllText(Path.Combine(killed, "last"));
            using Process next = TrainProcess.StartAny("train", "--resume", "--out", killed);
            TrainProcess.WaitFor(next, () => File.ReadAllText(Path.Combine(killed, "last")) != before);
            Thread.Sleep(37 * i);
            TrainProcess.Stop(next, "KILL");
        }

        string epochs = $"{Epoch(killed) + 1}";
        CommandOutcome resumed = Run("train", "--resume", "--out", killed, "--epochs", epochs).Succeeded();
        Assert.Contains("resuming after step", resumed.Error);
        CommandOutcome expected = Run(["train", run.Train, "--out", whole, .. TrainedRun.SmallModel, .. options, "--epochs", epochs]).Succeeded();
        foreach (string key in new[] { "weights_hash", "auc", "logloss", "epochs" })
            Assert.Equal(Value(expected, key), Value(resumed, key));
    }

    [Fact]
    public void More_epochs_can_be_added_to_a_finished_run()
    {
        string whole = run.Folder.File("two"), parts = run.Folder.File("one-and-one");
        CommandOutcome expected = Run(["train", run.Train, "--out", whole, .. TrainedRun.SmallModel, .. options, "--epochs", "2"]).Succeeded();
        Run(["train", run.Train, "--out", parts, .. TrainedRun.SmallModel, .. options, "--epochs", "1"]).Succeeded();
        CommandOutcome resumed = Run("train", "--resume", "--out", parts, "--epochs", "2").Succeeded();
        Assert.Equal(Value(expected, "weights_hash"), Value(resumed, "weights_hash"));
        // Nothing is left to do, and the metrics are there again.
        Assert.Equal(Value(expected, "auc"), Value(Run("train", "--resume", "--out", parts).Succeeded(), "auc"));
    }

    [Fact]
    public void Other_options_or_shards_are_refused_by_name()
    {
        string folder = run.Folder.File("changed");
        Run(["train", run.Train, "--out", folder, .. TrainedRun.SmallModel]).Succeeded();
        Run("train", "--resume", "--out", folder, "--embedding-dim", "8", "--seed", "3").FailedWith(ExitCode.Usage, "embedding_dim was 4 and is 8", "seed was 1 and is 3");
        Run("train", run.Test, "--resume", "--out", folder).FailedWith(ExitCode.Usage, "train_shards was", "test.parquet");
        Run("train", run.Train, "--resume").FailedWith(ExitCode.Usage, "--out");
        Run("train", run.Train, "--resume", "--out", run.Folder.File("nothing")).FailedWith(ExitCode.Usage, "holds no run");
    }

    [Fact]
    public void A_damaged_last_checkpoint_gives_way_to_the_best_one()
    {
        string folder = run.Folder.File("damaged");
        // Without a learning rate the first epoch stays the best one.
        Run(["train", run.Train, "--out", folder, "--epochs", "2", .. TrainedRun.SmallModel[..^2], "--lr", "0"]).Succeeded();
        string last = Path.Combine(folder, "checkpoints", File.ReadAllText(Path.Combine(folder, "last")).Trim(), "model.safetensors");
        File.WriteAllBytes(last, File.ReadAllBytes(last)[..100]);
        CommandOutcome resumed = Run("train", "--resume", "--out", folder).Succeeded();
        Assert.Contains("100 bytes, expected", resumed.Error);
        Assert.Contains("going back to", resumed.Error);
    }

    private static int Epoch(string folder) => JsonDocument
        .Parse(File.ReadAllText(Path.Combine(folder, "checkpoints", File.ReadAllText(Path.Combine(folder, "last")).Trim(), "manifest.json")))
        .RootElement.GetProperty("position").GetProperty("epoch").GetInt32();

    private static string Value(CommandOutcome o, string key) => JsonDocument.Parse(o.Out).RootElement.GetProperty(key).GetRawText();
}
