namespace GpuCtr.Tests;

/// <summary>gpu-ctr in a separate process, to which signals can be sent.</summary>
public static class TrainProcess
{
    /// <summary>The words that start gpu-ctr.</summary>
    public static string[] Words { get; } = [ChildProcess.DotNet, Path.Combine(AppContext.BaseDirectory, "gpu-ctr.dll")];

    public static ChildProcess Start(params string[] args) => ChildProcess.Start([.. Words, .. NamedSteps.In(args)]);

    /// <summary>Trains a small model on the rows of a run.</summary>
    public static ChildProcess Start(TrainedRun run, string folder, params string[] more) => Start(["train", run.Train, "--out", folder, .. TrainedRun.SmallModel, .. more]);
}
