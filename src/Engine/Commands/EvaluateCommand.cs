using GpuCtr.Data;
using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Engine.Screens;
using GpuCtr.Kernels.Devices;
using GpuCtr.Models;
using GpuCtr.Training;
using GpuCtr.Training.Checkpoints;
using GpuCtr.Training.Metrics;
using GpuCtr.Training.Screens;
using static System.FormattableString;

namespace GpuCtr.Engine.Commands;

/// <summary>The flags of <c>evaluate</c>.</summary>
internal sealed record EvaluateOptions
{
    /// <summary>The model.</summary>
    [Options]
    public ModelSource Source { get; init; } = new();

    /// <summary>B: rows at once.</summary>
    [Option("rows at once", Value = "B", Least = 1, Most = TrainOptions.MostBatchRows)]
    public int BatchSize { get; init; } = 4096;

    /// <summary>Where it runs.</summary>
    [Options]
    public DeviceOptions Device { get; init; } = new();

    /// <summary>Most memory of the whole process.</summary>
    [Option("memory limit of the whole process; rows that do not fit are streamed", Value = "SIZE", Default = "1GB for rows, and what the model needs")]
    public ByteSize? Memory { get; init; }

    /// <summary>Bad rows that may be left out.</summary>
    [Option("rows with bad labels or numbers that may be left out", Value = "N|P%")]
    public BadRowBudget BadRows { get; init; } = BadRowBudget.Zero;

    /// <summary>JSON on standard output.</summary>
    [Option("metrics as one line of JSON on standard output")]
    public bool Json { get; init; }

    /// <summary>Tells more.</summary>
    [Option("stack traces with errors")]
    public bool Verbose { get; init; }
}

/// <summary><c>evaluate --model RUN SHARDS…</c></summary>
internal static class EvaluateCommand
{
    /// <summary>The verb.</summary>
    public static Verb<EvaluateOptions> Verb { get; } = new(
        "evaluate", "measures AUC, logloss, gAUC and calibration of a trained model",
        ["gpu-ctr evaluate --model runs/first data/test.parquet", "gpu-ctr evaluate --model runs/first/last 'data/test-*.parquet' --json"],
        Execute);

    private sealed record Result(
        double? Auc, double? Logloss, double? Gauc, long Rows, double? Calibration, IReadOnlyList<CalibrationBin> CalibrationBins,
        int? GroupsUsed, int? GroupsLeftOut, int Step, string WeightsHash, string Device);

    private static ExitCode Execute(EvaluateOptions options, Arguments arguments, Terminal terminal)
    {
        DatasetOptions reading = new() { Workers = options.Device.Decoders, BadRows = options.BadRows };
        MemoryBudget memory = new(options.Memory?.Bytes, FreeRowBytes: 1L << 30);
        memory.BoundHeap(0);
        using ShutdownSignal shutdown = new();
        using RunLog runLog = new(terminal.Error, options.Verbose);
        ShardSet shards = ShardSet.Resolve(arguments.Values);
        options.Source.Check(Verb.Name);
        using Device device = options.Device.Open();
        (Checkpoint checkpoint, RowSource rows, HeldMemory held, TrainableModel loaded) = options.Source.Load(c => Load(c, shards, reading, memory, device, options.BatchSize));
        using TrainableModel model = loaded;
        memory.BoundHeap(held.NativeBytes);
        ModelSource.Tell(runLog, checkpoint, device);
        Evaluation evaluation = Evaluate(model, rows, options.BatchSize, runLog, shutdown);
        RunWarnings.AboutRows(runLog, "rows", rows.Data);
        if (!evaluation.Labels.HasBoth)
            runLog.Warn($"{evaluation.Labels.OneSided()}: AUC is not defined");
        if (options.Json)
            terminal.Out.WriteLine(JsonText.Line(ResultOf(evaluation, checkpoint, model)));
        else
            Print(evaluation, terminal.Screen);
        return ExitCode.Done;
    }

    private static (Checkpoint, RowSource, HeldMemory, TrainableModel) Load(Checkpoint checkpoint, ShardSet shards, DatasetOptions reading, MemoryBudget memory, Device device, int batchSize)
    {
        FeatureEncoder encoder = checkpoint.LoadEncoder();
        encoder.Check(shards);
        HeldMemory held = HeldMemory.Of(device, TrainableModel.PlanOf(device, encoder.Spec, checkpoint.Manifest.Model, batchSize), encoder, batchSize, BatchLoader.DefaultSlots, shards.Rows);
        RowSource rows = new(new Dataset(shards, encoder, reading with { MemoryBytes = memory.RowBytes(held, new BlockSizes(shards, encoder).Least) }), RowPart.All);
        TrainableModel model = new(device, encoder.Spec, checkpoint.Manifest.Model, batchSize);
        try
        {
            checkpoint.LoadWeights(model);
            return (checkpoint, rows, held, model);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private static Evaluation Evaluate(TrainableModel model, RowSource rows, int batchSize, RunLog runLog, ShutdownSignal shutdown)
    {
        using BatchLoader loader = new(model.Device, model.Spec, batchSize, training: false);
        using ProgressMeter meter = new(runLog, "evaluate", rows.Rows);
        try
        {
            return new Evaluator(model, loader).Run(rows.Data, rows.Part, done => { if (meter.IsDue) meter.Show(done); }, shutdown.Token);
        }
        catch (OperationCanceledException) when (shutdown.IsRequested)
        {
            throw new GpuCtrException(ErrorKind.Interrupted, "interrupted");
        }
    }

    private static void Print(Evaluation e, IScreen to)
    {
        List<(string Name, string Value)> metrics = [("rows", Invariant($"{e.Rows:N0}")), ("AUC", EpochTable.Number(e.Auc)), ("logloss", EpochTable.Number(e.LogLoss)), ("calibration", EpochTable.Number(e.Calibration.Ratio))];
        if (e.Groups is { } groups)
            metrics.AddRange([("gAUC", EpochTable.Number(e.Gauc)), ("groups", Invariant($"{groups.GroupsUsed:N0}")), ("groups with one label, left out", Invariant($"{groups.GroupsLeftOut:N0}"))]);
        to.Table([[.. metrics.Select(m => m.Name)], [.. metrics.Select(m => m.Value)]]);
    }

    private static Result ResultOf(Evaluation e, Checkpoint checkpoint, TrainableModel model) => new(
        e.Auc, e.LogLoss, e.Gauc, e.Rows, e.Calibration.Ratio, e.Calibration.Bins,
        e.Groups?.GroupsUsed, e.Groups?.GroupsLeftOut, checkpoint.Manifest.Position.Step, WeightsHash.Of(model), model.Device.ToString());
}
