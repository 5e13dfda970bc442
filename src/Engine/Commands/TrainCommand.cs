using System.Text.Json.Nodes;
using GpuCtr.Data;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Engine.Screens;
using GpuCtr.Kernels.Devices;
using GpuCtr.Training;
using GpuCtr.Training.Checkpoints;

namespace GpuCtr.Engine.Commands;

/// <summary><c>train SHARDS…</c></summary>
internal static class TrainCommand
{
    /// <summary>The verb.</summary>
    public static Verb Verb { get; } = new(
        "train", "trains, evaluates after every epoch, keeps the best and the last checkpoint, leaves a run folder", true, TrainFlags.All,
        [
            "gpu-ctr train 'data/train-*.parquet' --valid data/valid.parquet --test data/test.parquet --epochs 3 --out runs/first",
            "gpu-ctr train --resume --out runs/first",
            "gpu-ctr train clicks/ --label clicked --group-id user --exclude row_id --hidden-units 256,128 --json",
        ],
        Execute);

    private static ExitCode Execute(FlagValues flags, Terminal terminal)
    {
        using ShutdownSignal shutdown = new();
        using RunLog runLog = new(terminal.Error, flags.IsOn("--verbose"));
        RunMetrics metrics = Train(flags, runLog, shutdown);
        if (flags.IsOn("--json"))
            terminal.Out.WriteLine(JsonText.Line(metrics));
        return ExitCode.Done;
    }

    /// <summary>The whole command but for what it prints at the end.</summary>
    /// <param name="flags">Shards and options.</param>
    /// <param name="runLog">Where progress is told.</param>
    /// <param name="shutdown">What stops it.</param>
    /// <param name="afterStep">Called after every step.</param>
    /// <exception cref="GpuCtrException">Whatever ends the run.</exception>
    internal static RunMetrics Train(FlagValues flags, RunLog runLog, ShutdownSignal shutdown, Action? afterStep = null)
    {
        TrainSettings settings = TrainOptions.Of(flags);
        RunShards shards = RunShards.Open(settings);
        settings = settings with { Model = TrainOptions.Model(flags, shards.ModelName) };
        using Device device = DeviceFlags.Open(flags);
        bool resume = IsResumed(flags), overwrite = flags.IsOn("--overwrite");
        CheckOut(flags.IsGiven("--out") ? flags.Text("--out") : Path.Combine(RunFolder.Unnamed, "new"), settings, shards, flags);
        using RunFolder folder = RunFolder.Create(flags.IsGiven("--out") ? flags.Text("--out") : null, mayHoldRun: resume || overwrite, mayHoldOthers: overwrite);
        if (resume)
            RunConfig.CheckSame(folder, flags, shards, runLog);
        Checkpoint? from = resume ? Resumption.Find(folder, runLog) : null;
        WarmStart? warm = from is null && flags.IsGiven("--init-from") ? WarmStart.Open(flags.Text("--init-from"), settings.Model) : null;
        JsonObject config = RunConfig.Of(flags, device, shards, settings);
        TrainRun run = new(settings, device, folder, runLog, shutdown.Token) { Config = config, Begun = () => Begin(folder, runLog, config), AfterStep = afterStep };
        return run.Run(shards, from, warm);
    }

    private static bool IsResumed(FlagValues flags)
    {
        if (!flags.IsOn("--resume"))
            return false;
        if (!flags.IsGiven("--out"))
            throw GpuCtrException.UsageError("--resume needs --out, the folder of the run to continue");
        return flags.IsOn("--overwrite") ? throw GpuCtrException.UsageError("--resume continues a run and --overwrite removes it; choose one") : true;
    }

    /// <summary>What the run removes and writes must be no input, now or the next time.</summary>
    private static void CheckOut(string folder, TrainSettings settings, RunShards shards, FlagValues flags)
    {
        IEnumerable<string> inputs = new[] { shards.Train, shards.Valid, shards.Test }.OfType<ShardSet>().SelectMany(s => s.Shards).Select(s => s.Path);
        if (flags.IsOn("--overwrite") && flags.IsGiven("--init-from"))
            inputs = inputs.Append(RunFolder.Resolve(flags.Text("--init-from"), "--init-from"));
        OutputPath.RefuseInputs("--out", RunFolder.Replaced(folder), inputs);
        string[] patterns = [.. settings.Shards, .. settings.Valid, .. settings.Test];
        OutputPath.RefuseNextInputs("--out", RunFolder.VocabularyIn(folder), patterns);
        if (settings.FitCache is { } cache)
            OutputPath.RefuseNextInputs("--fit-cache", RunFolder.VocabularyIn(cache), patterns);
    }

    private static void Begin(RunFolder folder, RunLog runLog, JsonObject config)
    {
        RunConfig.Write(folder, config);
        runLog.Attach(folder.File(RunFolder.Log));
    }
}
