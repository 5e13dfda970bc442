using GpuCtr.Kernels.Onnx;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Attention;

public sealed partial class MultiHeadAttention
{
    /// <inheritdoc/>
    public Work ForwardWork(in Pass pass) => Products(pass, 1, 4);

    /// <inheritdoc/>
    public Work BackwardWork(in Pass pass) => Products(pass, 2, 10);

    /// <inheritdoc/>
    public void Export(IOnnxGraph g)
    {
        int e = Output.Columns, d = e / Heads;
        bool targetAsks = Output.RowKind == RowKind.Batch;
        string Split(string x, params long[] order) => g.Transpose(g.Node("Reshape", x, g.Integers(0, -1, Heads, d)), order);
        string q = g[Inputs.Q];
        if (targetAsks)
            q = g.Node("Unsqueeze", q, g.Integers(1));
        string scores = g.Node("Div", g.Node("MatMul", Split(q, 0, 2, 1, 3), Split(g[Inputs.K], 0, 2, 3, 1)), g.Number(Root));
        string weights = g.Node("Softmax", Items.Mask is null ? scores : g.Node("Where", Items.Mask(g), scores, g.Number(float.MinValue)));
        string heads = g.Transpose(g.Node("MatMul", weights, Split(g[Inputs.V], 0, 2, 1, 3)), 0, 2, 1, 3);
        g[Output] = g.Node("Reshape", heads, targetAsks ? g.Integers(0, e) : g.Integers(0, -1, e));
    }

    /// <summary>Assumes equally long sequences, so that every query attends to the same number of items.</summary>
    private Work Products(in Pass pass, int passes, int flops)
    {
        double queries = pass.RowsOf(Output), items = pass.RowsOf(Inputs.K), e = Output.Columns;
        return Work.Floats(passes * (2 * queries + 2 * items) * e, flops * queries * items / pass.Rows * e);
    }
}
