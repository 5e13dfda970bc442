using System.Diagnostics;
using GpuCtr.Engine.Tests.Commands;
using static GpuCtr.Engine.Tests.Commands.CommandRunner;

namespace GpuCtr.Engine.Tests.Training;

public sealed class SignalTests(TrainedRun run) : IClassFixture<TrainedRun>
{
    private const int LimitMs = 60_000;

    [SkippableTheory]
    [InlineData("TERM", ExitCode.Terminated)]
    [InlineData("INT", ExitCode.Interrupted)]
    public void A_signal_in_training_leaves_a_checkpoint_that_evaluates(string signal, ExitCode code)
    {
        string folder = run.Folder.File($"signal-{signal}");
        using Process process = Start(folder, "--epochs", "100000", "--patience", "0");
        WaitFor(process, () => File.Exists(Path.Combine(folder, "last")));
        string before = File.ReadAllText(Path.Combine(folder, "last"));
        string error = Stop(process, signal);
        Assert.True((int)code == process.ExitCode, error);
        Assert.Contains("interrupted after step", error);
        Assert.DoesNotContain("   at ", error);
        Assert.True(int.Parse(File.ReadAllText(Path.Combine(folder, "last"))) >= int.Parse(before));
        Run("evaluate", "--model", Path.Combine(folder, "last"), run.Test, "--device", "cpu").Succeeded();
        Assert.False(File.Exists(Path.Combine(folder, "run.lock")));
    }

    [SkippableFact]
    public void A_second_process_is_refused_and_told_of_the_first()
    {
        string folder = run.Folder.File("locked");
        using Process process = Start(folder, "--epochs", "100000", "--patience", "0");
        WaitFor(process, () => File.Exists(Path.Combine(folder, "run.pid")) && new FileInfo(Path.Combine(folder, "run.pid")).Length > 0);
        Run(["train", run.Train, "--out", folder, "--overwrite", .. TrainedRun.SmallModel]).FailedWith(ExitCode.Usage, $"process {process.Id}");
        Stop(process, "KILL");
        // The system released the lock of the dead process.
        Run(["train", run.Train, "--out", folder, "--overwrite", .. TrainedRun.SmallModel]).Succeeded();
    }

    private Process Start(string folder, params string[] more)
    {
        Skip.If(OperatingSystem.IsWindows(), "signals are sent with kill");
        ProcessStartInfo start = new(Environment.ProcessPath!) { RedirectStandardError = true, RedirectStandardOutput = true };
        if (!Path.GetFileNameWithoutExtension(start.FileName).Equals("dotnet", StringComparison.OrdinalIgnoreCase))
            start.FileName = "dotnet";
        foreach (string arg in (string[])[Path.Combine(AppContext.BaseDirectory, "gpu-ctr.dll"), "train", run.Train, "--out", folder, .. TrainedRun.SmallModel, .. more])
            start.ArgumentList.Add(arg);
        return Process.Start(start)!;
    }

    private static void WaitFor(Process process, Func<bool> condition)
    {
        Stopwatch clock = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.False(process.HasExited, process.HasExited ? process.StandardError.ReadToEnd() : "");
            Assert.True(clock.ElapsedMilliseconds < LimitMs);
            Thread.Sleep(20);
        }
    }

    private static string Stop(Process process, string signal)
    {
        Process.Start("kill", [$"-{signal}", $"{process.Id}"]).WaitForExit();
        Task<string> error = process.StandardError.ReadToEndAsync();
        Assert.True(process.WaitForExit(LimitMs));
        return error.Result;
    }
}
