using GpuCtr.Kernels;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models.Features;
using GpuCtr.Models.Ranks;

namespace GpuCtr.Models;

/// <summary>A model on a device, trained one batch per step.</summary>
/// <remarks>Calls from several threads are serialized. Disposing waits for the running call; later calls throw an <see cref="ObjectDisposedException"/>.</remarks>
public sealed partial class TrainableModel : IDisposable
{
    private readonly RecordedStep step;
    private readonly RecordedModel model;
    private readonly float[] lossSums = new float[3];
    private int steps;

    /// <summary>Records and allocates a model, with weights that are a function of the seed.</summary>
    /// <param name="device">The device.</param>
    /// <param name="spec">What it reads.</param>
    /// <param name="options">What it computes.</param>
    /// <param name="batchSize">B: the most rows of a batch.</param>
    /// <param name="rowCounts">How often each table row occurs in the training set, for mini-batch aware regularization; 1 where unknown.</param>
    /// <exception cref="KernelException">The options do not fit together.</exception>
    /// <exception cref="DeviceMemoryException">The device has too little memory left; it is untouched.</exception>
    public TrainableModel(Device device, FeatureSpec spec, ModelOptions options, int batchSize, IReadOnlyList<long>? rowCounts = null)
        : this(RankModels.Announced(device, spec, options, batchSize, rowCounts), spec, options, batchSize, rowCounts, ModelCatalog.Record)
    {
    }

    /// <summary>The same with custom ops; <paramref name="record"/> returns the logit.</summary>
    internal TrainableModel(Device device, FeatureSpec spec, ModelOptions options, int batchSize, IReadOnlyList<long>? rowCounts, Func<ModelBuilder, Tensor> record)
    {
        RecordedStep Record(int rows) => RecordedStep.Of(device, spec, options, rows, rowCounts, record);
        (step, BatchSize, orders) = (Record(batchSize), batchSize, new RankOrders(device.Ranks));
        model = step.Model;
        try
        {
            model.CheckMemory(batchSize, rows => Record(rows).Model);
            model.Workspace.Allocate();
            model.Initialize(options.Seed);
            Share();
        }
        catch
        {
            step.Dispose();
            throw;
        }
    }

    /// <summary>All device buffers of a model by name, with their bytes; allocates nothing.</summary>
    /// <exception cref="KernelException">The options do not fit together.</exception>
    public static IReadOnlyList<(string Name, long Bytes)> PlanOf(Device device, FeatureSpec spec, ModelOptions options, int batchSize, IReadOnlyList<long>? rowCounts = null)
    {
        using RecordedStep recorded = RecordedStep.Of(device, spec, options, batchSize, rowCounts, ModelCatalog.Record);
        return [.. recorded.Model.Workspace.Plan];
    }

    /// <summary>The device.</summary>
    public Device Device => model.Device;

    /// <summary>The inputs of the model and their layout; create batches for it from this.</summary>
    public FeatureSpec Spec => model.Spec;

    /// <summary>What the model computes.</summary>
    public ModelOptions Options => model.Options;

    /// <summary>B: the most rows of a batch, of all ranks together.</summary>
    public int BatchSize { get; }

    /// <summary>Training steps done so far; restored with a checkpoint, before the update log.</summary>
    public int Step
    {
        get => steps;
        set
        {
            using RecordedModel.Call call = model.Enter();
            orders.Give(Order.SetStep, value);
            step.Deferred.Apply();
            steps = value;
        }
    }

    /// <summary>All device buffers by name, with their bytes.</summary>
    public IEnumerable<(string Name, long Bytes)> MemoryPlan => model.Workspace.Plan;

    /// <summary>The same memory by purpose, largest first.</summary>
    public IReadOnlyList<(string Use, long Bytes)> MemoryByUse => MemoryUse.Of(model, OptimizerStates);

    /// <summary>Everything that prediction needs: tables, dense parameters, running statistics.</summary>
    public IEnumerable<Tensor> Weights => Whole(model.Weights);

    /// <summary>What training needs in addition: the optimizer's state.</summary>
    public IEnumerable<Tensor> OptimizerStates =>
        Whole(model.Tables.Select(t => t.State).Append(step.Dense.State).SelectMany(s => new[] { s.Mean, s.Square }).Where(t => t.Length > 0));

    /// <summary>The tables and the optimizer's state for them: a row for each table row.</summary>
    public IEnumerable<Tensor> TablesAndStates => Whole(model.Tables.SelectMany(t => new[] { t.Weights, t.State.Mean, t.State.Square }).Where(t => t.Rows > 0));

    /// <summary>(ΣV, D) the vectors of all ids; null in a model without. Field-aware models have several vectors in a row.</summary>
    public Tensor? Embedding => model.Embedding is { } table ? Whole(table.Weights) : null;

    /// <summary>Number of trainable parameters.</summary>
    public long ParameterCount => model.Tables.Sum(t => Whole(t.Weights).Length) + model.Arena.Parameters.Sum(t => t.Length);

    /// <summary>The size of an id's embedding in words, if it is more than one vector of width D (field-aware models); else null.</summary>
    public string? WideRows => model.WideRows;

    /// <summary>Whether table rows have missed steps: with <see cref="Kernels.Embedding.EmbeddingUpdate.Replay"/>, between a training step and <see cref="ApplyDeferred"/>.</summary>
    public bool HasDeferredUpdates => step.Deferred.Any;

    /// <summary>Tables, their optimizer state and the update log: with these, training continues as if rows had not been caught up.</summary>
    public IEnumerable<Tensor> DeferredState => Whole(step.Deferred.State);

    /// <summary>How steps are launched on this device.</summary>
    internal StepGraph Graph => step.Graph;

    /// <summary>The step, for tests and measurements.</summary>
    internal RecordedStep Recorded => step;

    /// <summary>Runs one training step on a prepared batch.</summary>
    /// <exception cref="ObjectDisposedException">The model is disposed, or its device.</exception>
    /// <exception cref="InvalidOperationException">The batch is not prepared, or was prepared for prediction only.</exception>
    public void TrainStep(Batch batch, double learningRate)
    {
        using RecordedModel.Call call = model.Enter();
        if (batch.IsPrepared && !batch.IsForTraining)
            throw new InvalidOperationException("the batch was prepared for prediction, not for training");
        orders.Give(Order.Train, BitConverter.DoubleToInt64Bits(learningRate));
        Train(batch, learningRate);
    }

    /// <summary>Logits of a prepared batch, with running statistics and without dropout.</summary>
    /// <param name="batch">The rows.</param>
    /// <param name="logits">Receives one logit per row; at least as long as the batch has rows.</param>
    public void Predict(Batch batch, Span<float> logits)
    {
        using RecordedModel.Call call = model.Enter();
        orders.Give(Order.Predict);
        PredictParts(batch, logits);
    }

    /// <summary>Mean training loss (binary cross entropy, nothing else) over the rows since the last call; waits for the device.</summary>
    public double TakeLoss()
    {
        using RecordedModel.Call call = model.Enter();
        return TakeLoss(0);
    }

    /// <summary>Mean of the auxiliary loss, without its weight α, over the rows since the last call; null for a model without one. Waits for the device.</summary>
    public double? TakeAuxiliaryLoss()
    {
        using RecordedModel.Call call = model.Enter();
        return model.AuxiliaryLosses.IsEmpty ? null : Enumerable.Range(1, model.AuxiliaryLosses.Length).Sum(TakeLoss);
    }

    private double TakeLoss(int number)
    {
        orders.Give(Order.TakeLoss, number);
        return Take(LossOf(number));
    }

    /// <summary>The training loss, then the auxiliary ones.</summary>
    private Tensor LossOf(int number) => number == 0 ? model.Control.Loss : model.AuxiliaryLosses[number - 1];

    private double Take(Tensor loss)
    {
        loss.Read(Device, lossSums);
        Device.Ranks.AllReduceSum(lossSums.AsSpan(1));
        double mean = lossSums[1] / lossSums[2];
        lossSums.AsSpan().Clear();
        loss.Write(Device, lossSums);
        return mean;
    }

    /// <summary>Norm of the last gradient, number of steps skipped because loss or gradient was not finite, and number of consecutive ones up to now.</summary>
    public (float GradientNorm, int Skipped, int SkippedInARow) ReadGuard()
    {
        using RecordedModel.Call call = model.Enter();
        float[] decision = model.Control.Guard.StepFactor.ToArray(Device);
        return (decision[1], (int)decision[2], (int)decision[3]);
    }

    /// <summary>Applies all missed steps of all table rows. Weights and optimizer state are then those of dense updates; call it before they are read.</summary>
    public void ApplyDeferred()
    {
        if (!HasDeferredUpdates)
            return;
        using RecordedModel.Call call = model.Enter();
        orders.Give(Order.ApplyDeferred);
        step.Deferred.Apply();
    }

    /// <summary>Call it after reading <see cref="DeferredState"/> from a checkpoint.</summary>
    public void DeferredStateRestored()
    {
        using RecordedModel.Call call = model.Enter();
        orders.Give(Order.DeferredStateRestored);
        step.Deferred.Restored();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        parts?.Dispose();
        step.Dispose();
    }
}
