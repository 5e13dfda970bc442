using System.Diagnostics;
using GpuCtr.Engine.Tests.Commands;

namespace GpuCtr.Engine.Tests.Training;

/// <summary>Trains in a process of its own, which can be sent signals.</summary>
public static class TrainProcess
{
    private const int LimitMs = 60_000;

    public static Process Start(TrainedRun run, string folder, params string[] more) => StartAny(["train", run.Train, "--out", folder, .. TrainedRun.SmallModel, .. more]);

    public static Process StartAny(params string[] args)
    {
        Skip.If(OperatingSystem.IsWindows(), "signals are sent with kill");
        ProcessStartInfo start = new(Environment.ProcessPath!) { RedirectStandardError = true, RedirectStandardOutput = true };
        if (!Path.GetFileNameWithoutExtension(start.FileName).Equals("dotnet", StringComparison.OrdinalIgnoreCase))
            start.FileName = "dotnet";
        foreach (string arg in args.Prepend(Path.Combine(AppContext.BaseDirectory, "gpu-ctr.dll")))
            start.ArgumentList.Add(arg);
        return Process.Start(start)!;
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
