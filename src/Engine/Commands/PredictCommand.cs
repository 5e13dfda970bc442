using System.Diagnostics;
using System.Globalization;
using GpuCtr.Data;
using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Engine.Screens;
using GpuCtr.Kernels.Devices;
using GpuCtr.Models;
using GpuCtr.Training;
using GpuCtr.Training.Checkpoints;
using GpuCtr.Training.Scoring;

namespace GpuCtr.Engine.Commands;

/// <summary><c>predict --model RUN SHARDS… --out FILE</c></summary>
internal static class PredictCommand
{
    /// <summary>The verb.</summary>
    public static Verb Verb { get; } = new(
        "predict", "scores rows with a trained model: one score a row, in the order of the rows (shards sorted by path)", true,
        [
            ModelFlags.Model,
            new("--out", "FILE", "scores.parquet", "Parquet file for the scores"),
            new("--keep", "COL,…", "", "columns of the shards to copy beside the scores", FlagArity.Several),
            new("--overwrite", "", "", "replace the file that --out names", FlagArity.Switch),
            ModelFlags.BatchSize,
            .. DeviceFlags.All,
            new("--memory", "SIZE", "", "most memory of the whole process; any number of rows streams through it [512MB for rows, and what the model needs]"),
            new("--bad-rows", "N|P%", "0", "rows with bad numbers that get no score (null) in place of ending the run"),
            new("--json", "", "", "what was done as one line of JSON on standard output", FlagArity.Switch),
            new("--verbose", "", "", "stacks with errors", FlagArity.Switch),
        ],
        ["gpu-ctr predict --model runs/first data/today.parquet --out scores.parquet --keep user,item", "gpu-ctr predict --model runs/first/last 'data/*.parquet' --out scores.parquet --json"],
        Execute);

    private sealed record Result(string Out, long Rows, long BadRows, double? MeanScore, double Seconds, double RowsPerSecond, int Step, string Device);

    private static ExitCode Execute(FlagValues flags, Terminal terminal)
    {
        int batchSize = ModelFlags.BatchSizeOf(flags);
        DatasetOptions options = ModelFlags.RowsOf(flags) with { NeedLabel = false };
        MemoryBudget memory = DeviceFlags.Memory(flags, 512L << 20);
        memory.BoundHeap(0);
        using ShutdownSignal shutdown = new();
        using RunLog runLog = new(terminal.Error, flags.IsOn("--verbose"));
        ShardSet shards = ShardSet.Resolve(flags.Shards);
        string path = flags.Text("--out");
        _ = ModelFlags.PathOf(flags);
        using Device device = DeviceFlags.Open(flags);
        (Checkpoint checkpoint, FeatureEncoder encoder, FrozenModel loaded) = ModelFlags.Load(flags, c => Load(c, shards, device, batchSize));
        using FrozenModel model = loaded;
        OutputPath.RefuseInputs("--out", [path, ScoreFile.Temporary(path)], [.. shards.Shards.Select(s => s.Path), .. ModelFlags.FilesOf(checkpoint)]);
        OutputPath.RefuseNextInputs("--out", path, flags.Shards);
        HeldMemory held = HeldMemory.Of(device, model.MemoryPlan, encoder, batchSize, BatchLoader.DefaultSlots, evaluated: 0);
        Dataset data = new(shards, encoder, options with { MemoryBytes = memory.RowBytes(held, new BlockSizes(shards, encoder).Least) });
        memory.BoundHeap(held.NativeBytes);
        ModelFlags.Tell(runLog, checkpoint, device);
        using ScoreFile file = new(path, shards, flags.Columns("--keep"), flags.IsOn("--overwrite"));
        Result result = Score(model, data, file, runLog, shutdown) with { Out = path, Step = checkpoint.Manifest.Position.Step };
        RunWarnings.AboutRows(runLog, "rows", data);
        runLog.Line(string.Create(
            CultureInfo.InvariantCulture, $"{result.Rows:N0} rows, mean score {(result.MeanScore is { } mean ? $"{mean:F5}" : "–")}, {result.Seconds:F1} s, {result.RowsPerSecond:N0} rows/s: {result.Out}"));
        if (flags.IsOn("--json"))
            terminal.Out.WriteLine(JsonText.Line(result));
        return ExitCode.Done;
    }

    private static (Checkpoint, FeatureEncoder, FrozenModel) Load(Checkpoint checkpoint, ShardSet shards, Device device, int batchSize)
    {
        FeatureEncoder encoder = checkpoint.LoadEncoder();
        encoder.Check(shards, needLabel: false);
        return (checkpoint, encoder, checkpoint.LoadFrozen(device, encoder.Spec, batchSize));
    }

    private static Result Score(FrozenModel model, Dataset data, ScoreFile file, RunLog runLog, ShutdownSignal shutdown)
    {
        long begin = Stopwatch.GetTimestamp();
        ScoreRun run = new(model, data);
        using ProgressMeter meter = new(runLog, "predict", data.Shards.Rows);
        try
        {
            run.Run(file.Add, done => { if (meter.IsDue) meter.Show(done); }, shutdown.Token);
        }
        catch (OperationCanceledException) when (shutdown.IsRequested)
        {
            throw new GpuCtrException(ErrorKind.Interrupted, "interrupted; no scores were written");
        }
        file.Complete();
        double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        long bad = data.Statistics.BadRows;
        return new Result("", run.Rows, bad, run.Rows > bad ? run.Sum / (run.Rows - bad) : null, seconds, run.Rows / Math.Max(seconds, 1e-9), 0, model.Device.ToString());
    }
}
