using GpuCtr.Kernels.Onnx;

namespace GpuCtr.Kernels.Interactions;

public sealed partial class BiInteraction
{
    /// <inheritdoc/>
    public Work ForwardWork(in Pass pass) => Work.Passes(pass, Input, 1);

    /// <inheritdoc/>
    public Work BackwardWork(in Pass pass) => Work.Passes(pass, Input, 2);

    /// <inheritdoc/>
    public void Export(IOnnxGraph g) => g[Output] = g.Pairs(g.Vectors(Input, Output.Columns));
}
