using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Optimizers;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models.Features;

namespace GpuCtr.Models;

/// <summary>The state that all ops and tables of a model share in a step: its scalars, its loss, and the guard that decides whether weights may move.</summary>
internal sealed class StepControl
{
    public StepControl(Workspace workspace, ModelInputs inputs, FeatureSpec spec, ModelOptions options)
    {
        Rule = UpdateRule.Of(options.Optimizer, (float)options.Momentum);
        Scalars = inputs.DoubleBuffer<DeviceArray<StepScalars>, StepScalars>(workspace.Array<StepScalars>("step scalars", 1));
        NextScalars = new PinnedBuffer<StepScalars>(workspace.Device, 1);
        workspace.OnFree(NextScalars.Dispose);
        Loss = workspace.Tensor("loss", 1, 3);
        Guard = new GradientGuard(workspace, Loss, (float)options.ClipNorm);
        if (options.EmbeddingUpdate == EmbeddingUpdate.Replay && Rule.MovesWithoutGradient)
            UpdateLog = new UpdateLog(workspace, inputs.Exchange?.Shards.OwnRows ?? spec.TotalRows, Rule, inputs.Exchange?.Owned ?? inputs.Lookups, Scalars, Guard.StepFactor);
    }

    /// <summary>The optimizer of the tables.</summary>
    public UpdateRule Rule { get; }

    /// <summary>Learning rate and the like, as kernels read them.</summary>
    public DeviceArray<StepScalars> Scalars { get; }

    /// <summary>The scalars that the next upload copies to <see cref="Scalars"/>.</summary>
    public PinnedBuffer<StepScalars> NextScalars { get; }

    /// <summary>(1, 3): mean loss of the last batch; sum over the rows, and their number, since the host last cleared them.</summary>
    public Tensor Loss { get; }

    /// <summary>Norm of the gradient, and whether the step may move the weights.</summary>
    public GradientGuard Guard { get; }

    /// <summary>The update log of table rows; null if rows never miss a step.</summary>
    public UpdateLog? UpdateLog { get; }
}
