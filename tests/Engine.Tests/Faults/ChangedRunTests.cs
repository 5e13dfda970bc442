using GpuCtr.Engine.Tests.Commands;
using static GpuCtr.Engine.Tests.Commands.CommandRunner;

namespace GpuCtr.Engine.Tests.Faults;

public sealed class ChangedRunTests(FaultRun run) : IClassFixture<FaultRun>
{
    [Fact]
    public void Fault13_Every_changed_field_is_named_with_both_values()
    {
        string copy = run.Copy();
        Run([.. FaultRun.Rest(copy), "--embedding-dim", "3", "--lr", "0.5", "--hidden-units", "8,4", "--min-count", "2"])
            .FailedWith(ExitCode.Usage, "embedding_dim was 2 and is 3", "lr was 0.01 and is 0.5", "hidden_units was [8] and is [8,4]", "min_count was 1 and is 2", "--allow-changed");
        File.SetLastWriteTimeUtc(run.Train, File.GetLastWriteTimeUtc(run.Train).AddSeconds(5));
        try
        {
            Run(FaultRun.Rest(copy)).FailedWith(ExitCode.Usage, "train_shards was [", "train.parquet (2000 rows, ", "and is [");
            CommandOutcome accepted = Run([.. FaultRun.Rest(copy), "--allow-changed", "train-shards"]).Succeeded();
            Assert.Contains("warning: train_shards was [", accepted.Error);
            // What was accepted once is what the run has now.
            Run("train", "--resume", "--out", copy, "--epochs", "2").Succeeded();
        }
        finally
        {
            File.SetLastWriteTimeUtc(run.Train, File.GetLastWriteTimeUtc(run.Train).AddSeconds(-5));
        }
    }

    [Fact]
    public void Fault13_A_change_that_was_accepted_takes_effect()
    {
        string copy = run.Copy(), weights = FaultRun.Results(Run(FaultRun.Rest(run.Copy())).Succeeded())[0];
        CommandOutcome changed = Run([.. FaultRun.Rest(copy), "--lr", "0.5", "--batch-size", "100", "--allow-changed", "lr,batch_size"]).Succeeded();
        Assert.Contains("warning: lr was 0.01 and is 0.5", changed.Error);
        Assert.NotEqual(weights, FaultRun.Results(changed)[0]);
    }

    [Theory]
    [InlineData("embedding_dim")]
    [InlineData("min-count")]
    [InlineData("nonsense")]
    public void Fault13_What_decides_the_tensors_cannot_be_accepted(string field) =>
        Run([.. FaultRun.Rest(run.Copy()), "--allow-changed", field]).FailedWith(ExitCode.Usage, $"--allow-changed {field}", "--init-from");
}
