using System.Text.Json;
using GpuCtr.Engine;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Training.Tests;

public sealed class ResumeTests(TrainedRun run) : IClassFixture<TrainedRun>
{
    private static readonly string[] options = ["--patience", "0", "--lr-plateau", "0.9", "--dropout", "0.2", "--batch-norm", "--json"];

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
        Run("train", "--resume", "--out", run.Folder.File("nothing")).FailedWith(ExitCode.Usage, "nothing holds no run", "add shards");
        Assert.False(Directory.Exists(run.Folder.File("nothing")));
    }

    private static string Value(CommandOutcome o, string key) => JsonDocument.Parse(o.Out).RootElement.GetProperty(key).GetRawText();
}
