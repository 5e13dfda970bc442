using GpuCtr.Kernels;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Optimizers;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models.Features;

namespace GpuCtr.Models;

/// <summary>A recorded model on a device. A step runs its ops forward, then backward, then updates the weights.</summary>
/// <remarks>Calls of several threads run one after the other. Disposing waits for the running call; later calls throw an <see cref="ObjectDisposedException"/>.</remarks>
public sealed partial class TrainableModel : IDisposable
{
    private readonly RecordedStep step;
    private readonly ModelBuilder g;
    private readonly Tensor logit;
    private readonly StepGraph replay;
    private readonly Action launch;
    private readonly float[] lossSums = new float[3];
    private int steps;
    private Pass current;

    /// <summary>Records and allocates a model, with weights that are a function of the seed.</summary>
    /// <param name="device">The device.</param>
    /// <param name="spec">What it reads.</param>
    /// <param name="options">What it computes.</param>
    /// <param name="batchSize">B: the most rows of a batch.</param>
    /// <param name="rowCounts">How often each table row occurs in the training set, for mini-batch aware regularization; 1 where unknown.</param>
    /// <exception cref="KernelException">The options do not fit together.</exception>
    /// <exception cref="DeviceMemoryException">The device has too little memory left; it is untouched.</exception>
    public TrainableModel(Device device, FeatureSpec spec, ModelOptions options, int batchSize, IReadOnlyList<long>? rowCounts = null)
        : this(device, spec, options, batchSize, rowCounts, ModelCatalog.Record)
    {
    }

    /// <summary>The same with custom ops; <paramref name="record"/> returns the logit.</summary>
    internal TrainableModel(Device device, FeatureSpec spec, ModelOptions options, int batchSize, IReadOnlyList<long>? rowCounts, Func<ModelBuilder, Tensor> record)
    {
        step = RecordedStep.Of(device, spec, options, batchSize, rowCounts, record);
        (g, logit) = (step.Builder, step.Logit);
        (replay, launch) = (new StepGraph(device), Launch);
        g.Workspace.OnFree(FreeReplay);
        try
        {
            Allocate(rowCounts, record);
        }
        catch
        {
            step.Dispose();
            throw;
        }
    }

    private void Allocate(IReadOnlyList<long>? rowCounts, Func<ModelBuilder, Tensor> record)
    {
        (Device device, FeatureSpec spec, ModelOptions options, int batchSize) = (g.Device, g.Spec, g.Options, g.BatchSize);
        MemoryForecast.Check(device, MemoryPlan, WideRows, batchSize, rows =>
        {
            using RecordedStep other = RecordedStep.Of(device, spec, options, rows, rowCounts, record);
            return other.Builder.Workspace.TotalBytes;
        });
        g.Workspace.Allocate();
        g.Initialize(options.Seed);
    }

    /// <summary>All device buffers of a model by name, with their bytes; allocates nothing.</summary>
    /// <exception cref="KernelException">The options do not fit together.</exception>
    public static IReadOnlyList<(string Name, long Bytes)> PlanOf(Device device, FeatureSpec spec, ModelOptions options, int batchSize, IReadOnlyList<long>? rowCounts = null)
    {
        using RecordedStep recorded = RecordedStep.Of(device, spec, options, batchSize, rowCounts, ModelCatalog.Record);
        return [.. recorded.Builder.Workspace.Plan];
    }

    /// <summary>The device.</summary>
    public Device Device => g.Device;

    /// <summary>What the model reads, and in which layout; batches for it are made from this.</summary>
    public FeatureSpec Spec => g.Spec;

    /// <summary>What the model computes.</summary>
    public ModelOptions Options => g.Options;

    /// <summary>B: the most rows of a batch.</summary>
    public int BatchSize => g.BatchSize;

    /// <summary>Training steps done so far; restored with a checkpoint, before the update log.</summary>
    public int Step
    {
        get => steps;
        set
        {
            using ModelBuilder.Call call = g.Enter();
            ApplyDeferred();
            steps = value;
        }
    }

    /// <summary>All device buffers by name, with their bytes.</summary>
    public IEnumerable<(string Name, long Bytes)> MemoryPlan => g.Workspace.Plan;

    /// <summary>The same memory by purpose, largest first.</summary>
    public IReadOnlyList<(string Use, long Bytes)> MemoryByUse => MemoryUse.Of(g, OptimizerStates);

    /// <summary>Everything that prediction needs: tables, dense parameters, running statistics.</summary>
    public IEnumerable<Tensor> Weights => g.Weights;

    /// <summary>What training needs in addition: the optimizer's state.</summary>
    public IEnumerable<Tensor> OptimizerStates =>
        g.Tables.Select(t => t.State).Append(step.Dense.State).SelectMany(s => new[] { s.Mean, s.Square }).Where(t => t.Length > 0);

    /// <summary>Number of trainable parameters.</summary>
    public long ParameterCount => g.Tables.Sum(t => t.Weights.Length) + g.Arena.Parameters.Sum(t => t.Length);

    /// <summary>What an id takes, in words, where that is more than one vector of width D (field-aware models); else null.</summary>
    public string? WideRows => g.WideRows;

    /// <summary>Runs one training step on a prepared batch.</summary>
    /// <exception cref="ObjectDisposedException">The model is disposed, or its device.</exception>
    /// <exception cref="InvalidOperationException">The batch is not prepared, or was prepared for prediction only.</exception>
    public void TrainStep(Batch batch, double learningRate)
    {
        using ModelBuilder.Call call = g.Enter();
        if (!Device.SortsLookups && !batch.IsSorted)
            throw new InvalidOperationException("the batch was prepared for prediction, not for training");
        steps++;
        Trace("start", "");
        g.NextScalars.Span[0] = g.Rule.Scalars(Step, learningRate, g.Options.EmbeddingUpdate == EmbeddingUpdate.Lazy);
        g.Upload(batch);
        current = new(batch.Rows, Training: true, batch.Tokens);
        Trace("upload", "");
        if (StepTrace is null)
            replay.Run(current, g.Inputs.Side, launch);
        else
            Launch();
        g.Device.Copies?.Read();
        RecordStep();
    }

    /// <summary>Launches the step. Apart from the shape of the batch, nothing here may differ between steps: kernels read what differs from device memory.</summary>
    private void Launch()
    {
        g.Inputs.SortPositions(current);
        Trace("sort", "positions");
        ApplyDeferredToBatch();
        Backpropagate(current);
        Update(current);
        g.Missed?.Record();
    }

    /// <summary>How steps are launched on this device.</summary>
    internal StepGraph Replay => replay;

    /// <summary>Logits of a prepared batch, with running statistics and without dropout.</summary>
    /// <param name="batch">The rows.</param>
    /// <param name="logits">Receives one logit per row; at least as long as the batch has rows.</param>
    public void Predict(Batch batch, Span<float> logits)
    {
        using ModelBuilder.Call call = g.Enter();
        ApplyDeferred();
        g.Predict(batch, logit, logits, frozen: false);
    }

    /// <summary>Mean training loss over the rows since the last call; waits for the device.</summary>
    public double TakeLoss()
    {
        using ModelBuilder.Call call = g.Enter();
        g.Loss.Read(g.Device, lossSums);
        double mean = lossSums[1] / lossSums[2];
        lossSums.AsSpan().Clear();
        g.Loss.Write(g.Device, lossSums);
        return mean;
    }

    /// <summary>Norm of the last gradient, number of steps skipped because loss or gradient was not finite, and number of consecutive ones up to now.</summary>
    public (float GradientNorm, int Skipped, int SkippedInARow) ReadGuard()
    {
        using ModelBuilder.Call call = g.Enter();
        float[] guard = g.Guard.Guard.ToArray(g.Device);
        return (guard[1], (int)guard[2], (int)guard[3]);
    }

    /// <inheritdoc/>
    public void Dispose() => step.Dispose();

    private void FreeReplay()
    {
        Device.Wait();
        replay.Dispose();
    }

    /// <summary>Loss and gradients without an update; for tests and tools.</summary>
    internal void ForwardBackward(in Pass pass)
    {
        g.Inputs.SortPositions(pass);
        Backpropagate(pass);
    }

    private void Backpropagate(in Pass pass)
    {
        foreach (IOp op in g.Ops)
        {
            op.Forward(pass);
            Trace("forward", op);
        }
        step.Loss.Run(pass.Rows);
        Trace("loss", "");
        for (int i = g.Ops.Count - 1; i >= 0; i--)
        {
            g.Ops[i].Backward(pass);
            Trace("backward", g.Ops[i]);
        }
        foreach (EmbeddingTable table in g.Tables)
        {
            table.Reduce();
            Trace("reduce", table.Weights.Name);
        }
    }

    /// <summary>If set, receives the milliseconds of every part of a step; waits for the device after each part, so only for measuring.</summary>
    internal Action<string, double>? StepTrace { get; set; }

    private long traced;

    /// <summary>Reports a part; names of ops are built only if a trace is set.</summary>
    private void Trace(string phase, IOp op)
    {
        if (StepTrace is not null)
            Trace(phase, op.Name);
    }

    private void Trace(string phase, string name)
    {
        if (StepTrace is not { } trace)
            return;
        Device.Synchronize();
        if (phase != "start")
            trace($"{phase} {name}", System.Diagnostics.Stopwatch.GetElapsedTime(traced).TotalMilliseconds);
        traced = System.Diagnostics.Stopwatch.GetTimestamp();
    }

    internal ModelBuilder Recording => g;

    internal RecordedStep Recorded => step;

    /// <summary>(B, 1) the logits of the last pass.</summary>
    internal Tensor Logit => logit;

    private void Update(in Pass pass)
    {
        g.Guard.Run();
        Trace("guard", "");
        foreach (EmbeddingTable table in g.Tables)
        {
            table.Update();
            Trace("update", table.Weights.Name);
        }
        step.Dense.Run();
        foreach (IOp op in g.Ops)
            op.Commit(pass, g.Guard.Guard);
        Trace("update", "dense parameters");
    }
}
