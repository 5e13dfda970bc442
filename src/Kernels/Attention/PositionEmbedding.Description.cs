using GpuCtr.Kernels.Onnx;

namespace GpuCtr.Kernels.Attention;

public sealed partial class PositionEmbedding
{
    /// <inheritdoc/>
    public Work ForwardWork(in Pass pass) => Work.Passes(pass, Output, 2);

    /// <inheritdoc/>
    public Work BackwardWork(in Pass pass) => Work.Passes(pass, Output, 2);

    /// <summary>The rows of the graph are the items of one list: row r is at place r.</summary>
    public void Export(IOnnxGraph g)
    {
        string x = g[Input], rows = g.Node("Gather", g.Node("Shape", x), g.Integer(0));
        string places = g.Node("Min", g.Node("Range", g.Integer(0), rows, g.Integer(1)), g.Integer(positions.Rows - 1));
        g[Output] = g.Node("Add", x, g.Node("Gather", g.Weight(Positions), places));
    }
}
