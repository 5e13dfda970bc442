using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Loss;
using GpuCtr.Kernels.Optimizers;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models.Features;

namespace GpuCtr.Models;

/// <summary>A recorded step: its ops are bound to buffers that are planned but not yet allocated.</summary>
/// <param name="Builder">Ops, tables, parameters and the plan of all buffers.</param>
/// <param name="Logit">(B, 1).</param>
/// <param name="Loss">Loss of the batch and its gradient.</param>
/// <param name="Dense">Update of all dense parameters.</param>
internal sealed record RecordedStep(ModelBuilder Builder, Tensor Logit, BinaryCrossEntropy Loss, DenseUpdate Dense) : IDisposable
{
    /// <summary>Records a model; <paramref name="record"/> returns the logit.</summary>
    /// <exception cref="KernelException">The options do not fit together.</exception>
    public static RecordedStep Of(Device device, FeatureSpec spec, ModelOptions options, int batchSize, IReadOnlyList<long>? rowCounts, Func<ModelBuilder, Tensor> record)
    {
        ModelBuilder g = new(device, ModelCatalog.Adapt(spec, options), options, batchSize, rowCounts);
        Tensor logit = record(g);
        BinaryCrossEntropy loss = new(g.Workspace, logit, g.Inputs.Label, g.Loss);
        g.Arena.Seal();
        Tensor parameters = g.Arena.Weights!;
        DenseUpdate dense = new(g.Workspace, parameters, g.DenseRule, (float)options.L2, g.Arena.DecayLength, isTable: false, g.Scalars, g.Guard.Guard);
        g.Guard.Watch(parameters.Gradient!, parameters, (float)options.L2, g.Arena.DecayLength);
        g.Guard.Seal(g.Workspace);
        return new RecordedStep(g, logit, loss, dense);
    }

    /// <inheritdoc/>
    public void Dispose() => Builder.Dispose();
}
