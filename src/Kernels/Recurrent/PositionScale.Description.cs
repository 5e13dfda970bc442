using GpuCtr.Kernels.Onnx;

namespace GpuCtr.Kernels.Recurrent;

public sealed partial class PositionScale
{
    /// <inheritdoc/>
    public Work ForwardWork(in Pass pass) => Work.Passes(pass, Input, 2);

    /// <inheritdoc/>
    public Work BackwardWork(in Pass pass) => Work.Passes(pass, Input, 3);

    /// <inheritdoc/>
    public void Export(IOnnxGraph g) => g[Output] = g.Node("Mul", g[Input], g[Factors]);
}
