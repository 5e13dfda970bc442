using GpuCtr.Engine;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Training.Tests;

public sealed class SignalTests(TrainedRun run) : IClassFixture<TrainedRun>
{
    [SkippableTheory]
    [InlineData("TERM", ExitCode.Terminated)]
    [InlineData("INT", ExitCode.Interrupted)]
    public void A_signal_in_training_leaves_a_checkpoint_that_evaluates(string signal, ExitCode code)
    {
        string folder = run.Folder.File($"signal-{signal}");
        using ChildProcess process = TrainProcess.Start(run, folder, "--epochs", "100000", "--patience", "0");
        process.WaitFor(() => File.Exists(Path.Combine(folder, "last")));
        string before = File.ReadAllText(Path.Combine(folder, "last"));
        CommandOutcome stopped = process.Stop(signal);
        Assert.True((int)code == stopped.Code, stopped.Error);
        Assert.Contains("interrupted after step", stopped.Error);
        Assert.DoesNotContain("   at ", stopped.Error);
        Assert.True(int.Parse(File.ReadAllText(Path.Combine(folder, "last"))) >= int.Parse(before));
        Run("evaluate", "--model", Path.Combine(folder, "last"), run.Test, "--device", "cpu").Succeeded();
        Assert.False(File.Exists(Path.Combine(folder, "run.lock")));
    }

    [SkippableFact]
    public void A_second_process_is_refused_and_told_of_the_first()
    {
        string folder = run.Folder.File("locked");
        using ChildProcess process = TrainProcess.Start(run, folder, "--epochs", "100000", "--patience", "0");
        process.WaitFor(() => File.Exists(Path.Combine(folder, "run.pid")) && new FileInfo(Path.Combine(folder, "run.pid")).Length > 0);
        Run(["train", run.Train, "--out", folder, "--overwrite", .. TrainedRun.SmallModel]).FailedWith(ExitCode.Usage, $"process {process.Id}");
        process.Stop("KILL");
        // The system released the lock of the dead process.
        Run(["train", run.Train, "--out", folder, "--overwrite", .. TrainedRun.SmallModel]).Succeeded();
    }
}
