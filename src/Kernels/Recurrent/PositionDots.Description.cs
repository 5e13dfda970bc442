using GpuCtr.Kernels.Onnx;

namespace GpuCtr.Kernels.Recurrent;

public sealed partial class PositionDots
{
    /// <inheritdoc/>
    public Work ForwardWork(in Pass pass) => Work.Passes(pass, States, 1);

    /// <inheritdoc/>
    public Work BackwardWork(in Pass pass) => Work.Passes(pass, States, 2);

    /// <inheritdoc/>
    public void Export(IOnnxGraph g) => g[Output] = g.Node("MatMul", g[States], g.Node("Unsqueeze", g[Vectors], g.Integers(2)));
}
