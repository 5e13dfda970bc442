using System.Diagnostics;
using GpuCtr.Engine.Tests.Commands;

namespace GpuCtr.Engine.Tests.Training;

/// <summary>Trains in a process of its own, which can be sent signals.</summary>
public static class TrainProcess
{
    private const int LimitMs = 60_000;

    public static Process Start(TrainedRun run, string folder, params string[] more) => StartAny(["train", run.Train, "--out", folder, .. TrainedRun.SmallModel, .. more]);

    public static Process StartAny(params string[] args) => StartUnder([], args);

    /// <summary>The words that start gpu-ctr.</summary>
    public static string[] Words { get; } =
    [
        Path.GetFileNameWithoutExtension(Environment.ProcessPath!).Equals("dotnet", StringComparison.OrdinalIgnoreCase) ? Environment.ProcessPath! : "dotnet",
        Path.Combine(AppContext.BaseDirectory, "gpu-ctr.dll"),
    ];

    /// <summary>Starts gpu-ctr as the last argument of another command.</summary>
    public static Process StartUnder(string[] command, string[] args) => StartLine([.. command, .. Words, .. args]);

    /// <summary>Starts a command.</summary>
    public static Process StartLine(string[] line)
    {
        Skip.If(OperatingSystem.IsWindows(), "signals are sent with kill");
        KilledProcess process = new() { StartInfo = new ProcessStartInfo(line[0], line[1..]) { RedirectStandardError = true, RedirectStandardOutput = true } };
        process.Start();
        return process;
    }

    /// <summary>A process that does not outlive the test that started it, also when that fails.</summary>
    private sealed class KilledProcess : Process
    {
        private bool disposed;

        protected override void Dispose(bool disposing)
        {
            if (disposing && !disposed && !HasExited)
                Kill(entireProcessTree: true);
            disposed = true;
            base.Dispose(disposing);
        }
    }

    public static void WaitFor(Process process, Func<bool> condition)
    {
        Stopwatch clock = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.False(process.HasExited, process.HasExited ? process.StandardError.ReadToEnd() : "");
            Assert.True(clock.ElapsedMilliseconds < LimitMs);
            Thread.Sleep(20);
        }
    }

    public static string Stop(Process process, string signal)
    {
        Process.Start("kill", [$"-{signal}", $"{process.Id}"]).WaitForExit();
        Task<string> error = process.StandardError.ReadToEndAsync();
        Assert.True(process.WaitForExit(LimitMs));
        return error.Result;
    }
}
