using GpuCtr.Kernels.Onnx;

namespace GpuCtr.Kernels.Attention;

public sealed partial class ActivationUnitFirstLayer
{
    /// <inheritdoc/>
    public Work ForwardWork(in Pass pass) => Products(pass, 1);

    /// <inheritdoc/>
    public Work BackwardWork(in Pass pass) => Products(pass, 2);

    /// <summary>z = W [q, k, q − k, q ∘ k] + β computed as (Wq + Wd) q + β + (Wk − Wd) k + Wp (q ∘ k), so that no tensor is four times as wide as a key.</summary>
    public void Export(IOnnxGraph g)
    {
        int h = Output.Columns, e = History.E;
        float[] w = g.Read(Weight), ofQuery = new float[h * e], ofKey = new float[e * h], ofProduct = new float[e * h];
        for (int i = 0; i < h; i++)
            for (int j = 0; j < e; j++)
            {
                int row = i * 4 * e + j;
                ofQuery[i * e + j] = w[row] + w[row + 2 * e];
                ofKey[j * h + i] = w[row + e] - w[row + 2 * e];
                ofProduct[j * h + i] = w[row + 3 * e];
            }
        string name = Weight.Name, q = History.ExportQuery(g), k = History.ExportKeys(g), wide = g.Node("Unsqueeze", q, g.Integers(1));
        string constant = g.Node("Gemm", ("transB", 1), q, g.Floats($"{name} q", [h, e], ofQuery), g.Weight(Bias));
        g[Output] = g.Node(
            "Sum", g.Node("Unsqueeze", constant, g.Integers(1)),
            g.Node("MatMul", k, g.Floats($"{name} k", [e, h], ofKey)),
            g.Node("MatMul", g.Node("Mul", wide, k), g.Floats($"{name} qk", [e, h], ofProduct)));
    }

    /// <summary>Keys are gathered once in each direction, and their gradients are added to.</summary>
    private Work Products(in Pass pass, int count)
    {
        double tokens = pass.RowsOf(Output), e = History.E, h = Output.Columns;
        return Work.Floats(count * tokens * (e + h), 2 * count * tokens * e * h);
    }
}
