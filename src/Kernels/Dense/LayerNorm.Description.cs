using GpuCtr.Kernels.Onnx;

namespace GpuCtr.Kernels.Dense;

public sealed partial class LayerNorm
{
    /// <inheritdoc/>
    public Work ForwardWork(in Pass pass) => Work.Passes(pass, Output, 2);

    /// <inheritdoc/>
    public Work BackwardWork(in Pass pass) => Work.Passes(pass, Output, 3);

    /// <inheritdoc/>
    public void Export(IOnnxGraph g)
    {
        string x = g[Input], c = g.Node("Sub", x, g.RowMean(x)), variance = g.RowMean(g.Node("Mul", c, c));
        string normal = g.Node("Div", c, g.Node("Sqrt", g.Node("Add", variance, g.Number(Epsilon))));
        g[Output] = g.Node("Add", g.Node("Mul", normal, g.Weight(Scale.Gamma)), g.Weight(Scale.Beta));
    }
}
