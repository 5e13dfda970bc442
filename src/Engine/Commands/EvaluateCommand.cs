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

/// <summary><c>evaluate --model RUN SHARDS…</c></summary>
internal static class EvaluateCommand
{
    /// <summary>The verb.</summary>
    public static Verb Verb { get; } = new(
        "evaluate", "measures AUC, logloss, gAUC and calibration of a trained model", true,
        [
            ModelFlags.Model,
            ModelFlags.BatchSize,
            .. DeviceFlags.All,
            new("--memory", "SIZE", "", "most memory of the whole process; rows that do not fit are streamed [1GB for rows, and what the model needs]"),
            new("--bad-rows", "N|P%", "0", "rows with bad labels or numbers that may be left out"),
            new("--json", "", "", "metrics as one line of JSON on standard output", FlagArity.Switch),
            new("--verbose", "", "", "stacks with errors", FlagArity.Switch),
        ],
        ["gpu-ctr evaluate --model runs/first data/test.parquet", "gpu-ctr evaluate --model runs/first/last 'data/test-*.parquet' --json"],
        Execute);

    private sealed record Result(
        double? Auc, double? Logloss, double? Gauc, long Rows, double? Calibration, IReadOnlyList<CalibrationBin> CalibrationBins,
        int? GroupsUsed, int? GroupsLeftOut, int Step, string WeightsHash, string Device);

    private static ExitCode Execute(FlagValues flags, Terminal terminal)
    {
        int batchSize = ModelFlags.BatchSizeOf(flags);
        DatasetOptions options = ModelFlags.RowsOf(flags);
        MemoryBudget memory = DeviceFlags.Memory(flags, 1L << 30);
        memory.BoundHeap(0);
        using ShutdownSignal shutdown = new();
        using RunLog runLog = new(terminal.Error, flags.IsOn("--verbose"));
        ShardSet shards = ShardSet.Resolve(flags.Shards);
        _ = ModelFlags.PathOf(flags);
        using Device device = DeviceFlags.Open(flags);
        (Checkpoint checkpoint, RowSource rows, HeldMemory held, TrainableModel loaded) = ModelFlags.Load(flags, c => Load(c, shards, options, memory, device, batchSize));
        using TrainableModel model = loaded;
        memory.BoundHeap(held.NativeBytes);
        ModelFlags.Tell(runLog, checkpoint, device);
        Evaluation evaluation = Evaluate(model, rows, batchSize, runLog, shutdown);
        RunWarnings.AboutRows(runLog, "rows", rows.Data);
        if (!evaluation.Labels.HasBoth)
            runLog.Warn($"{evaluation.Labels.OneSided()}: AUC is not defined");
        if (flags.IsOn("--json"))
            terminal.Out.WriteLine(JsonText.Line(ResultOf(evaluation, checkpoint, model)));
        else
            Print(evaluation, terminal.Screen);
        return ExitCode.Done;
    }

    private static (Checkpoint, RowSource, HeldMemory, TrainableModel) Load(Checkpoint checkpoint, ShardSet shards, DatasetOptions options, MemoryBudget memory, Device device, int batchSize)
    {
        FeatureEncoder encoder = checkpoint.LoadEncoder();
        encoder.Check(shards);
        HeldMemory held = HeldMemory.Of(device, TrainableModel.PlanOf(device, encoder.Spec, checkpoint.Manifest.Model, batchSize), encoder, batchSize, BatchLoader.DefaultSlots, shards.Rows);
        RowSource rows = new(new Dataset(shards, encoder, options with { MemoryBytes = memory.RowBytes(held, new BlockSizes(shards, encoder).Least) }), RowPart.All);
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
        using BatchLoader prefetcher = new(model.Device, model.Spec, batchSize, training: false);
        using ProgressMeter meter = new(runLog, "evaluate", rows.Rows);
        try
        {
            return new Evaluator(model, prefetcher).Run(rows.Data, rows.Part, done => { if (meter.IsDue) meter.Show(done); }, shutdown.Token);
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
