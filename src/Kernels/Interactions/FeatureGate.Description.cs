using GpuCtr.Kernels.Onnx;

namespace GpuCtr.Kernels.Interactions;

public sealed partial class FeatureGate
{
    /// <inheritdoc/>
    public Work ForwardWork(in Pass pass) => Work.Passes(pass, Output, IsShared ? 2 : 3);

    /// <inheritdoc/>
    public Work BackwardWork(in Pass pass) => Work.Passes(pass, Output, IsShared ? 3 : 5);

    /// <inheritdoc/>
    public void Export(IOnnxGraph g) => g[Output] = g.Node("Mul", g[Input], g.Node("Mul", g.Node("Sigmoid", g[Gate]), g.Number(2)));
}
