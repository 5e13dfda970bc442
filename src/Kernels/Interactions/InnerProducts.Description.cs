using GpuCtr.Kernels.Onnx;

namespace GpuCtr.Kernels.Interactions;

public sealed partial class InnerProducts
{
    /// <inheritdoc/>
    public Work ForwardWork(in Pass pass) => Products(pass, 1);

    /// <inheritdoc/>
    public Work BackwardWork(in Pass pass) => Products(pass, 2);

    /// <summary>The upper triangle of V Vᵀ.</summary>
    public void Export(IOnnxGraph g)
    {
        int vectors = Input.Columns / Width;
        string v = g.Vectors(Input, Width), square = g.Node("MatMul", v, g.Transpose(v, 0, 2, 1));
        g[Output] = g.Node("Gather", ("axis", 1), g.Node("Reshape", square, g.Integers(0, vectors * vectors)), g.Integers($"pairs of {vectors}", OnnxFormulas.UpperTriangle(vectors)));
    }

    private Work Products(in Pass pass, int passes) =>
        Work.Floats(passes * (double)pass.Rows * (Input.Columns + Output.Columns), 2.0 * passes * pass.Rows * Output.Columns * Width);
}
