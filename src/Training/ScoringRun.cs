using GpuCtr.Data;
using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Data.Sequences;
using GpuCtr.Data.Shards;
using GpuCtr.Data.Sources;
using GpuCtr.Data.Splits;
using GpuCtr.Kernels.Devices;
using GpuCtr.Models;
using GpuCtr.Models.Features;
using GpuCtr.Training.Checkpoints;

namespace GpuCtr.Training;

/// <summary>What <c>evaluate</c>, <c>importance</c> and <c>predict</c> run a trained model with.</summary>
/// <param name="Verb">Which of them.</param>
/// <param name="BatchSize">Rows at once.</param>
/// <param name="Machine">Device and threads.</param>
/// <param name="Shards">The shards that are read.</param>
/// <param name="Device">Where the model runs.</param>
/// <param name="Stores">Where shards are that are no files.</param>
/// <param name="Memory">The memory limit of the process.</param>
/// <param name="RunLog">Where warnings and progress go.</param>
/// <param name="Stop">Ends it early.</param>
internal sealed record ScoringRun(
    string Verb, int BatchSize, DeviceOptions Machine, ShardSet Shards, Device Device, ShardStores Stores, MemoryBudget Memory, RunLog RunLog, CancellationToken Stop) : IDisposable
{
    private GroupedLogs? logs;
    private ShardSet? grouped;

    /// <summary>Opens everything, ordered so that the cheapest checks come first, and closes it after <paramref name="score"/>.</summary>
    /// <exception cref="GpuCtrException">Usage, Data or InputOutput: the model, the shards or the device cannot be had.</exception>
    public static T Of<T>(
        string verb, int batchSize, DeviceOptions machine, MemoryBudget memory, IReadOnlyList<string> shards, IReadOnlyList<ShardStore> own, RunLog runLog, CancellationToken stop, Func<ScoringRun, T> score)
    {
        machine.Check();
        memory.BoundHeap(0);
        using ShardStores stores = new(own, stop);
        ShardSet found = ShardSet.Resolve(shards, stores);
        using Device device = machine.Open();
        using ScoringRun run = new(verb, batchSize, machine, found, device, stores, memory, runLog, stop);
        return score(run);
    }

    /// <summary>The rows that a model reads: the shards, or one row per user if the model was trained on a log and the shards are one.</summary>
    /// <exception cref="GpuCtrException">Data: a missing or bad user, item or timestamp.</exception>
    public ShardSet RowsFor(FeatureEncoder encoder)
    {
        if (encoder.Log is not { } columns || !columns.AreIn(Shards))
            return Shards;
        logs ??= new GroupedLogs(columns, Memory.FitBytes);
        return grouped ??= logs.Of(Shards);
    }

    /// <summary>Loads a model and opens labelled rows for it, within the memory limit.</summary>
    /// <param name="checkpoint">The model.</param>
    /// <param name="badRows">Bad rows that may be left out.</param>
    /// <param name="more">Bytes that the verb holds besides.</param>
    /// <exception cref="GpuCtrException">Data: the rows do not fit the model. Usage: too little memory.</exception>
    public (Checkpoint, RowSource, HeldMemory, TrainableModel) Load(Checkpoint checkpoint, BadRowBudget badRows, Func<FeatureSpec, long>? more = null)
    {
        int batchSize = BatchSize;
        FeatureEncoder encoder = checkpoint.LoadEncoder();
        ShardSet shards = RowsFor(encoder);
        encoder.Check(shards);
        HeldMemory held = HeldMemory.Of(Device, TrainableModel.PlanOf(Device, encoder.Spec, checkpoint.Manifest.Model, batchSize), encoder, ModelCatalog.Adapt(encoder.Spec, checkpoint.Manifest.Model, training: false), batchSize, BatchLoader.DefaultSlots, shards.Rows);
        held = held with { Scores = held.Scores + (more?.Invoke(encoder.Spec) ?? 0) };
        DatasetOptions reading = new() { ListRows = ModelCatalog.RanksLists(checkpoint.Manifest.Model.Model) ? batchSize : 0, Workers = Machine.Decoders, BadRows = badRows, MemoryBytes = Memory.RowBytes(held, new BlockSizes(shards, encoder).Least) };
        RowSource rows = new(new Dataset(shards, encoder, reading), RowPart.All);
        TrainableModel model = new(Device, encoder.Spec, checkpoint.Manifest.Model, batchSize);
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

    /// <inheritdoc/>
    public void Dispose() => logs?.Dispose();

    /// <summary>Limits the heap to what the other memory leaves, and prints the model and the device.</summary>
    public void Begin(Checkpoint checkpoint, HeldMemory held)
    {
        Memory.BoundHeap(held.NativeBytes);
        RunLog.Line($"model    {checkpoint.Manifest.Model.Model}, step {checkpoint.Manifest.Position.Step}, {checkpoint.Folder}");
        RunLog.Line($"device   {Device}{(Device.Note is { } note ? $"; {note}" : "")}");
    }

    /// <summary>Goes over all rows, with progress on the screen and until it is stopped.</summary>
    /// <param name="rows">The number of rows.</param>
    /// <param name="work">The work; receives a callback for the number of rows done.</param>
    /// <param name="interrupted">The message when it is stopped.</param>
    /// <exception cref="GpuCtrException">Interrupted: it was stopped.</exception>
    public T Watch<T>(long rows, Func<Action<long>, T> work, string interrupted)
    {
        using ProgressMeter meter = new(RunLog, Verb, rows);
        try
        {
            T result = work(done => { if (meter.IsDue) meter.Show(done); });
            meter.ShowEnd();
            return result;
        }
        catch (OperationCanceledException) when (Stop.IsCancellationRequested)
        {
            throw new GpuCtrException(ErrorKind.Interrupted, interrupted);
        }
    }
}
