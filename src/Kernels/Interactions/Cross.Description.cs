using GpuCtr.Kernels.Onnx;

namespace GpuCtr.Kernels.Interactions;

public sealed partial class Cross
{
    /// <inheritdoc/>
    public Work ForwardWork(in Pass pass) => Work.Passes(pass, Output, 4);

    /// <inheritdoc/>
    public Work BackwardWork(in Pass pass) => Work.Passes(pass, Output, 6);

    /// <inheritdoc/>
    public void Export(IOnnxGraph g)
    {
        string y = g.Node("Add", g.Node("Mul", g[Inputs.X0], g[Inputs.U]), g[Inputs.X]);
        g[Output] = Bias is null ? y : g.Node("Add", y, g.Weight(Bias));
    }
}
