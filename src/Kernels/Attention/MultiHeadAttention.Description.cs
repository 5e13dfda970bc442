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
        bool oneQuery = Output.RowKind != Items.Rows;
        // The graph of a model of lists scores one list, whose items are its rows: a batch of one.
        string Split(string x, params long[] order) => g.Transpose(g.Node("Reshape", x, g.Integers(Items.AreExamples ? 1 : 0, -1, Heads, d)), order);
        string q = g[Inputs.Q];
        // A target, or the last entry, at which an item is predicted: it attends to the whole sequence.
        if (oneQuery)
            q = g.Node("Unsqueeze", q, g.Integers(1));
        string scores = g.Node("Div", g.Node("MatMul", Split(q, 0, 2, 1, 3), Split(g[Inputs.K], 0, 2, 3, 1)), g.Number(Root));
        string weights = g.Node("Softmax", Items.Mask is null ? scores : g.Node("Where", Mask(g, Items.Mask(g), oneQuery), scores, g.Number(float.MinValue)));
        string heads = g.Transpose(g.Node("MatMul", weights, Split(g[Inputs.V], 0, 2, 1, 3)), 0, 2, 1, 3);
        g[Output] = g.Node("Reshape", heads, Items.AreExamples ? g.Integers(-1, e) : oneQuery ? g.Integers(0, e) : g.Integers(0, -1, e));
    }

    /// <summary>(B, 1, 1, T) or (B, 1, T, T) bool: true where an item attends to another.</summary>
    private string Mask(IOnnxGraph g, string valid, bool oneQuery)
    {
        if (!causal || oneQuery)
            return valid;
        string places = g.Node("CumSum", g.Node("Cast", ("to", IOnnxGraph.IntegerType), valid), g.Integer(3));
        return g.Node("And", valid, g.Node("LessOrEqual", places, g.Transpose(places, 0, 1, 3, 2)));
    }

    /// <summary>Assumes equally long sequences, so that every query attends to the same number of items.</summary>
    private Work Products(in Pass pass, int passes, int flops)
    {
        double queries = pass.RowsOf(Output), items = pass.RowsOf(Inputs.K), e = Output.Columns;
        return Work.Floats(passes * (2 * queries + 2 * items) * e, flops * queries * items / Items.Count(pass) * e);
    }
}
