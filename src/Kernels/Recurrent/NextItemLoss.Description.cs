using GpuCtr.Kernels.Onnx;

namespace GpuCtr.Kernels.Recurrent;

public sealed partial class NextItemLoss
{
    /// <inheritdoc/>
    public Work ForwardWork(in Pass pass) => Work.Passes(pass, Input, 1);

    /// <inheritdoc/>
    public Work BackwardWork(in Pass pass) => Work.Passes(pass, Input, 2);

    /// <summary>No score depends on a loss: there is nothing to export.</summary>
    public void Export(IOnnxGraph g)
    {
    }
}
