using GpuCtr.Kernels.Onnx;

namespace GpuCtr.Kernels.Dense;

public sealed partial class FeatureNorm
{
    /// <inheritdoc/>
    public Work ForwardWork(in Pass pass) => Work.Passes(pass, Output, 2);

    /// <inheritdoc/>
    public Work BackwardWork(in Pass pass) => Work.Passes(pass, Output, 3);

    /// <inheritdoc/>
    public void Export(IOnnxGraph g)
    {
        string x = g[Input], c = g.Node("Sub", x, g.RowMean(x)), squares = g.Sum(g.Node("Mul", c, c), -1, keep: true);
        g[Output] = g.Node("Div", c, g.Node("Sqrt", g.Node("Add", squares, g.Number(Input.Columns * Epsilon))));
    }
}
