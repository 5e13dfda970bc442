using GpuCtr.Kernels;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models.Features;

namespace GpuCtr.Models;

/// <summary>
/// A recorded model for prediction only: no gradients, no optimizer state, and ops rearrange weights only once.
/// Twins share its weights, one per thread; each twin has its own activations.
/// </summary>
/// <remarks>
/// Write the weights before the first prediction and before a twin is made. Calls of several threads run one after the other, calls of different twins at once.
/// Disposing waits for the running call; the weights stay as long as a twin does.
/// </remarks>
public sealed class FrozenModel : IDisposable
{
    private readonly ModelBuilder g;
    private readonly Tensor logit;

    /// <summary>Records and allocates a model, without writing its weights.</summary>
    /// <param name="device">The device.</param>
    /// <param name="spec">What it reads.</param>
    /// <param name="options">What it computes.</param>
    /// <param name="batchSize">B: the most rows of a batch.</param>
    /// <param name="check">Called with the tensors of <see cref="Weights"/> before anything is allocated; may throw.</param>
    /// <exception cref="KernelException">The options do not fit together.</exception>
    /// <exception cref="DeviceMemoryException">The device has too little memory left; it is untouched.</exception>
    public FrozenModel(Device device, FeatureSpec spec, ModelOptions options, int batchSize, Action<IEnumerable<Tensor>>? check = null)
        : this(device, ModelCatalog.Adapt(spec, options), options, batchSize, null, check)
    {
    }

    private FrozenModel(Device device, FeatureSpec spec, ModelOptions options, int batchSize, ModelBuilder? lender, Action<IEnumerable<Tensor>>? check = null)
    {
        g = new ModelBuilder(device, spec, options, batchSize, null, training: false);
        try
        {
            logit = ModelCatalog.Record(g);
            g.Arena.Seal();
            if (lender is not null)
                Borrow(lender);
            check?.Invoke(g.Weights);
            if (lender is null)
                MemoryForecast.Check(device, g.Workspace.Plan, g.WideRows, batchSize, rows => BytesOf(device, spec, options, rows));
            g.Workspace.Allocate();
            g.WriteConstants();
        }
        catch
        {
            g.Dispose();
            throw;
        }
    }

    /// <summary>Where it runs.</summary>
    public Device Device => g.Device;

    /// <summary>What the model reads, and in which layout; batches for it are made from this.</summary>
    public FeatureSpec Spec => g.Spec;

    /// <summary>What the model computes.</summary>
    public ModelOptions Options => g.Options;

    /// <summary>B: the most rows of a batch.</summary>
    public int BatchSize => g.BatchSize;

    /// <summary>All device buffers by name, with their bytes.</summary>
    public IEnumerable<(string Name, long Bytes)> MemoryPlan => g.Workspace.Plan;

    /// <summary>Everything that prediction needs, with the names and shapes of <see cref="TrainableModel.Weights"/>.</summary>
    public IEnumerable<Tensor> Weights => g.Weights;

    /// <summary>The embedding tables among them.</summary>
    public IEnumerable<Tensor> Tables => g.Tables.Select(t => t.Weights);

    /// <summary>The ops in the order of a pass.</summary>
    public IReadOnlyList<IOp> Ops => g.Ops;

    /// <summary>The device side of a batch, which the first ops read.</summary>
    public ModelInputs Inputs => g.Inputs;

    /// <summary>(B, 1) the logits of the last pass.</summary>
    public Tensor Logit => logit;

    /// <summary>A model for another thread that shares the weights of this one; only if the SIMD variants run on one thread.</summary>
    /// <exception cref="KernelException">Two threads cannot use the device at once.</exception>
    public FrozenModel Replica() => Device.ServesThreads
        ? new FrozenModel(Device, Spec, Options, BatchSize, g)
        : throw new KernelException($"two threads cannot drive {Device}; open the CPU device with one thread");

    /// <summary>Logits of a prepared batch. Allocates nothing if the SIMD variants run.</summary>
    /// <param name="batch">The rows, made from <see cref="Spec"/> and <see cref="BatchSize"/>.</param>
    /// <param name="logits">Receives one logit per row; at least as long as the batch has rows.</param>
    /// <exception cref="ObjectDisposedException">The model is disposed, or its device.</exception>
    /// <exception cref="KernelException">The batch was made for another model.</exception>
    /// <exception cref="InvalidOperationException">The batch is not prepared.</exception>
    public void Predict(Batch batch, Span<float> logits)
    {
        using ModelBuilder.Call call = g.Enter();
        g.Predict(batch, logit, logits, frozen: true);
    }

    /// <inheritdoc/>
    public void Dispose() => g.Dispose();

    private static long BytesOf(Device device, FeatureSpec spec, ModelOptions options, int batchSize)
    {
        using ModelBuilder other = new(device, spec, options, batchSize, null, training: false);
        ModelCatalog.Record(other);
        other.Arena.Seal();
        return other.Workspace.TotalBytes;
    }

    private void Borrow(ModelBuilder lender)
    {
        Lifetime.Lease lease = lender.Workspace.Lifetime.Enter();
        g.Workspace.OnFree(() => lease.Dispose());
        foreach ((EmbeddingTable mine, EmbeddingTable theirs) in g.Tables.Zip(lender.Tables))
            mine.Weights.Borrow(theirs.Weights);
        g.Arena.Weights!.Borrow(lender.Arena.Weights!);
        foreach ((Tensor mine, Tensor theirs) in g.RunningStatistics.Zip(lender.RunningStatistics))
            mine.Borrow(theirs);
    }
}
