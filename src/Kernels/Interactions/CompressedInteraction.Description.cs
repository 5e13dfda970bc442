using GpuCtr.Kernels.Onnx;

namespace GpuCtr.Kernels.Interactions;

public sealed partial class CompressedInteraction
{
    /// <inheritdoc/>
    public Work ForwardWork(in Pass pass) => Products(pass, 1);

    /// <inheritdoc/>
    public Work BackwardWork(in Pass pass) => Products(pass, Inputs.X.Gradient is null && Inputs.V.Gradient is null ? 1 : 2);

    /// <summary>z (B, D, I·J) times Wᵀ.</summary>
    public void Export(IOnnxGraph g)
    {
        string z = g.Node("Mul", g.Node("Unsqueeze", g[Inputs.X], g.Integers(3)), g.Node("Unsqueeze", g[Inputs.V], g.Integers(2)));
        g[Output] = g.Product(g.Node("Reshape", z, g.Integers(0, 0, Weight.Columns)), Weight, null, Output);
    }

    private Work Products(in Pass pass, int products)
    {
        double rows = pass.RowsOf(Output);
        return Work.Floats(products * (rows * (Inputs.X.Columns + Inputs.V.Columns + Output.Columns) + Weight.Length), 2.0 * products * rows * Weight.Length);
    }
}
