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

/// <summary>The flags of <c>predict</c>.</summary>
internal sealed record PredictOptions
{
    /// <summary>The model.</summary>
    [Options]
    public ModelSource Source { get; init; } = new();

    /// <summary>Where the scores go.</summary>
    [Option("Parquet file for the scores", Value = "FILE")]
    public string Out { get; init; } = "scores.parquet";

    /// <summary>Columns to copy.</summary>
    [Option("columns of the shards to copy beside the scores", Value = "COL,…", Form = OptionForm.Columns)]
    public IReadOnlyList<string> Keep { get; init; } = [];

    /// <summary>Replaces the file.</summary>
    [Option("replace the file that --out names")]
    public bool Overwrite { get; init; }

    /// <summary>B: rows at once.</summary>
    [Option("rows at once", Value = "B", Least = 1, Most = TrainOptions.MostBatchRows)]
    public int BatchSize { get; init; } = 4096;

    /// <summary>Where it runs.</summary>
    [Options]
    public DeviceOptions Device { get; init; } = new();

    /// <summary>Most memory of the whole process.</summary>
    [Option("memory limit of the whole process; rows are streamed", Value = "SIZE", Default = "512MB for rows, and what the model needs")]
    public ByteSize? Memory { get; init; }

    /// <summary>Bad rows that may be left out.</summary>
    [Option("rows with bad numbers that get no score (null) instead of ending the run", Value = "N|P%")]
    public BadRowBudget BadRows { get; init; } = BadRowBudget.Zero;

    /// <summary>JSON on standard output.</summary>
    [Option("what was done as one line of JSON on standard output")]
    public bool Json { get; init; }

    /// <summary>Tells more.</summary>
    [Option("stack traces with errors")]
    public bool Verbose { get; init; }
}

/// <summary><c>predict --model RUN SHARDS… --out FILE</c></summary>
internal static class PredictCommand
{
    /// <summary>The verb.</summary>
    public static Verb<PredictOptions> Verb { get; } = new(
        "predict", "scores rows with a trained model: one score per row, in row order (shards sorted by path)",
        ["gpu-ctr predict --model runs/first data/today.parquet --out scores.parquet --keep user,item", "gpu-ctr predict --model runs/first/last 'data/*.parquet' --out scores.parquet --json"],
        Execute);

    private sealed record Result(string Out, long Rows, long BadRows, double? MeanScore, double Seconds, double RowsPerSecond, int Step, string Device);

    private static ExitCode Execute(PredictOptions options, Arguments arguments, Terminal terminal)
    {
        DatasetOptions reading = new() { Workers = options.Device.Decoders, BadRows = options.BadRows, NeedLabel = false };
        MemoryBudget memory = new(options.Memory?.Bytes, FreeRowBytes: 512L << 20);
        memory.BoundHeap(0);
        using ShutdownSignal shutdown = new();
        using RunLog runLog = new(terminal.Error, options.Verbose);
        ShardSet shards = ShardSet.Resolve(arguments.Values);
        string path = options.Out;
        options.Source.Check(Verb.Name);
        using Device device = options.Device.Open();
        (Checkpoint checkpoint, FeatureEncoder encoder, FrozenModel loaded) = options.Source.Load(c => Load(c, shards, device, options.BatchSize));
        using FrozenModel model = loaded;
        OutputPath.RefuseInputs("--out", [path, ScoreFile.Temporary(path)], [.. shards.Shards.Select(s => s.Path), .. RunFolder.ReadWith(checkpoint.Folder)]);
        OutputPath.RefuseNextInputs("--out", path, arguments.Values);
        HeldMemory held = HeldMemory.Of(device, model.MemoryPlan, encoder, options.BatchSize, BatchLoader.DefaultSlots, evaluated: 0);
        Dataset data = new(shards, encoder, reading with { MemoryBytes = memory.RowBytes(held, new BlockSizes(shards, encoder).Least) });
        memory.BoundHeap(held.NativeBytes);
        ModelSource.Tell(runLog, checkpoint, device);
        using ScoreFile file = new(path, shards, options.Keep, options.Overwrite);
        Result result = Score(model, data, file, runLog, shutdown) with { Out = path, Step = checkpoint.Manifest.Position.Step };
        RunWarnings.AboutRows(runLog, "rows", data);
        runLog.Line(string.Create(
            CultureInfo.InvariantCulture, $"{result.Rows:N0} rows, mean score {(result.MeanScore is { } mean ? $"{mean:F5}" : "–")}, {result.Seconds:F1} s, {result.RowsPerSecond:N0} rows/s: {result.Out}"));
        if (options.Json)
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
