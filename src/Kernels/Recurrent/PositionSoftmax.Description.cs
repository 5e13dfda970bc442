using GpuCtr.Kernels.Onnx;

namespace GpuCtr.Kernels.Recurrent;

public sealed partial class PositionSoftmax
{
    /// <inheritdoc/>
    public Work ForwardWork(in Pass pass) => Work.Passes(pass, Input, 2);

    /// <inheritdoc/>
    public Work BackwardWork(in Pass pass) => Work.Passes(pass, Input, 3);

    /// <inheritdoc/>
    public void Export(IOnnxGraph g) => g[Output] = g.SoftmaxOver(g[Input], History.ExportMask(g));
}
