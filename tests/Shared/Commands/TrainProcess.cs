using System.Diagnostics;
using GpuCtr.Engine;

namespace GpuCtr.Tests;

/// <summary>Trains in a process of its own, which can be sent signals.</summary>
public static class TrainProcess
{
    // Whoever starts the tests in the background of a script has them ignore SIGINT, which processes hand down: these are to obey.
    private static readonly Lazy<string[]> obedient = new(() => Works("env", "--default-signal=INT,TERM") ? ["env", "--default-signal=INT,TERM"] : []);

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
        line = [.. obedient.Value, .. line];
        KilledProcess process = new() { StartInfo = new ProcessStartInfo(line[0], line[1..]) { RedirectStandardInput = true, RedirectStandardError = true, RedirectStandardOutput = true } };
        process.Start();
        process.StandardInput.Close();
        return process;
    }

    private static bool Works(params string[] command)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(command[0], [.. command[1..], "true"]) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
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
        long begin = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.False(process.HasExited, process.HasExited ? process.StandardError.ReadToEnd() : "");
            Assert.True(Stopwatch.GetElapsedTime(begin) < Patience.Limit);
            Thread.Sleep(20);
        }
    }

    public static string Stop(Process process, string signal)
    {
        Process.Start("kill", [$"-{signal}", $"{process.Id}"]).WaitForExit();
        Task<string> error = process.StandardError.ReadToEndAsync();
        Assert.True(process.WaitForExit(Patience.Limit));
        return error.Result;
    }
}
