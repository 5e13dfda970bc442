using GpuCtr.Kernels.Onnx;

namespace GpuCtr.Kernels.Dense;

public sealed partial class Linear
{
    /// <inheritdoc/>
    public Work ForwardWork(in Pass pass) => Products(pass, 1);

    /// <inheritdoc/>
    public Work BackwardWork(in Pass pass) => Products(pass, Input.Gradient is null ? 1 : 2);

    /// <inheritdoc/>
    public void Export(IOnnxGraph g) => g[Output] = g.Rectified(Groups == 1 ? g.Product(g[Input], Weight, Bias, Output) : ExportGroups(g), Rectifies);

    private Work Products(in Pass pass, int products)
    {
        double rows = pass.RowsOf(Input);
        return Work.Floats(products * (rows * (Input.Columns + Output.Columns) + Weight.Length), 2.0 * products * rows * Weight.Length);
    }

    /// <summary>(B, G, 1, K / G) times (G, K / G, N / G).</summary>
    private string ExportGroups(IOnnxGraph g)
    {
        string x = g.Node("Reshape", g[Input], g.Integers(0, Groups, 1, Weight.Columns));
        string w = g.Transpose(g.Node("Reshape", g.Weight(Weight), g.Integers(Groups, Output.Columns / Groups, Weight.Columns)), 0, 2, 1);
        return g.Node("Reshape", g.Node("MatMul", x, w), g.Integers(0, Output.Columns));
    }
}
