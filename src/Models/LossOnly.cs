using GpuCtr.Kernels;
using GpuCtr.Kernels.Onnx;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Models;

/// <summary>An op that affects a loss but no score: it runs only in training passes, and is not exported.</summary>
internal sealed class LossOnly(IOp op) : IOp
{
    /// <summary>The op.</summary>
    public IOp Op => op;

    /// <inheritdoc/>
    public string Name => op.Name;

    /// <inheritdoc/>
    public void Forward(in Pass pass)
    {
        if (pass.Training)
            op.Forward(pass);
    }

    /// <inheritdoc/>
    public void Backward(in Pass pass) => op.Backward(pass);

    /// <inheritdoc/>
    public void Commit(in Pass pass, Tensor stepFactor) => op.Commit(pass, stepFactor);

    /// <inheritdoc/>
    public Work ForwardWork(in Pass pass) => pass.Training ? op.ForwardWork(pass) : default;

    /// <inheritdoc/>
    public Work BackwardWork(in Pass pass) => op.BackwardWork(pass);

    /// <inheritdoc/>
    public void Export(IOnnxGraph g)
    {
    }
}
