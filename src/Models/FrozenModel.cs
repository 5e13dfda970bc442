using GpuCtr.Kernels;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Ranking;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models.Features;

namespace GpuCtr.Models;

/// <summary>
/// A recorded model for prediction only: no gradients, no optimizer state, and ops rearrange weights only once.
/// Replicas share its weights, one per thread; each replica has its own activations.
/// </summary>
/// <remarks>
/// Write the weights before the first prediction and before a replica is made. Calls from several threads are serialized; calls of different replicas run concurrently.
/// Disposing waits for the running call; the weights stay as long as a replica does.
/// </remarks>
public sealed class FrozenModel : IDisposable
{
    private readonly RecordedModel model;

    /// <summary>Records and allocates a model, without writing its weights.</summary>
    /// <param name="device">The device.</param>
    /// <param name="spec">What it reads.</param>
    /// <param name="options">What it computes.</param>
    /// <param name="batchSize">B: the most rows of a batch.</param>
    /// <param name="check">Called with the tensors of <see cref="Weights"/> before anything is allocated; may throw.</param>
    /// <exception cref="KernelException">The options do not fit together.</exception>
    /// <exception cref="DeviceMemoryException">The device has too little memory left; it is untouched.</exception>
    public FrozenModel(Device device, FeatureSpec spec, ModelOptions options, int batchSize, Action<IEnumerable<Tensor>>? check = null)
        : this(device, ModelCatalog.Adapt(spec, options, training: false), options, batchSize, null, check)
    {
    }

    private FrozenModel(Device device, FeatureSpec spec, ModelOptions options, int batchSize, RecordedModel? lender, Action<IEnumerable<Tensor>>? check = null)
    {
        RecordedModel Record(int rows) => RecordedModel.Of(device, spec, options, rows);
        model = Record(batchSize);
        try
        {
            if (lender is not null)
                model.Borrow(lender);
            check?.Invoke(model.Weights);
            if (lender is null)
                model.CheckMemory(batchSize, Record);
            model.Workspace.Allocate();
            model.WriteConstants();
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Where it runs.</summary>
    public Device Device => model.Device;

    /// <summary>The inputs of the model and their layout; create batches for it from this.</summary>
    public FeatureSpec Spec => model.Spec;

    /// <summary>What the model computes.</summary>
    public ModelOptions Options => model.Options;

    /// <summary>B: the most rows of a batch.</summary>
    public int BatchSize => model.BatchSize;

    /// <summary>All device buffers by name, with their bytes.</summary>
    public IEnumerable<(string Name, long Bytes)> MemoryPlan => model.Workspace.Plan;

    /// <summary>Everything that prediction needs, with the names and shapes of <see cref="TrainableModel.Weights"/>.</summary>
    public IEnumerable<Tensor> Weights => model.Weights;

    /// <summary>The embedding tables among them.</summary>
    public IEnumerable<Tensor> Tables => model.Tables.Select(t => t.Weights);

    /// <summary>The ops in the order of a pass.</summary>
    public IReadOnlyList<IOp> Ops => model.Ops;

    /// <summary>The device side of a batch, which the first ops read.</summary>
    public ModelInputs Inputs => model.Inputs;

    /// <summary>(B, 1) the logits of the last pass.</summary>
    public Tensor Logit => model.Output;

    /// <summary>A model for another thread that shares the weights of this one; only if the SIMD variants run on one thread.</summary>
    /// <exception cref="KernelException">Two threads cannot use the device at once.</exception>
    public FrozenModel Replica() => Device.ServesThreads
        ? new FrozenModel(Device, Spec, Options, BatchSize, model)
        : throw new KernelException($"two threads cannot drive {Device}; open the CPU device with one thread");

    /// <summary>Logits of a prepared batch. Allocates nothing if the SIMD variants run.</summary>
    /// <param name="batch">The rows, made from <see cref="Spec"/> and <see cref="BatchSize"/>.</param>
    /// <param name="logits">Receives one logit per row; at least as long as the batch has rows.</param>
    /// <exception cref="ObjectDisposedException">The model is disposed, or its device.</exception>
    /// <exception cref="KernelException">The batch was made for another model.</exception>
    /// <exception cref="InvalidOperationException">The batch is not prepared.</exception>
    public void Predict(Batch batch, Span<float> logits)
    {
        using RecordedModel.Call call = model.Enter();
        model.Predict(batch, logits, frozen: true);
    }

    /// <summary>The items it predicts; null in a click model.</summary>
    public ItemOutput? ItemOutput => model.ItemOutput;

    /// <summary>(B, H) the last hidden layer before the logit; null if the model has none.</summary>
    public Tensor? Hidden => model.Hidden;

    /// <summary>The last hidden layer of a prepared batch, (rows, H), from which the logit is computed.</summary>
    /// <param name="batch">The rows, made from <see cref="Spec"/> and <see cref="BatchSize"/>.</param>
    /// <param name="to">Receives rows · H numbers.</param>
    /// <exception cref="ObjectDisposedException">The model is disposed, or its device.</exception>
    /// <exception cref="KernelException">The batch was made for another model, or the model has no hidden layer.</exception>
    /// <exception cref="InvalidOperationException">The batch is not prepared.</exception>
    public void ReadHidden(Batch batch, Span<float> to)
    {
        Tensor hidden = model.Hidden ?? throw new KernelException($"model '{Options.Model}' has no hidden layer before its logit");
        using RecordedModel.Call call = model.Enter();
        model.Forward(batch, frozen: true);
        Device.Copies?.Read();
        hidden.Read(Device, to[..(batch.Rows * hidden.Columns)]);
    }

    /// <summary>The recorded model.</summary>
    internal RecordedModel Recorded => model;

    /// <inheritdoc/>
    public void Dispose() => model.Dispose();
}
