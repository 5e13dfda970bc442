using GpuCtr.Kernels.Onnx;

namespace GpuCtr.Kernels.Attention;

public sealed partial class SequenceEmbedding
{
    /// <inheritdoc/>
    public Work ForwardWork(in Pass pass) => Work.Passes(pass, Output, 2);

    /// <inheritdoc/>
    public Work BackwardWork(in Pass pass) => Work.Passes(pass, Output, 2);

    /// <summary>The number of entries from one on, itself included, is its distance from the target; the number up to it is one more than its place from the first.</summary>
    public void Export(IOnnxGraph g)
    {
        string valid = g.Node("Cast", ("to", IOnnxGraph.IntegerType), g.Node("Squeeze", History.ExportMask(g), g.Integers(2)));
        if (!History.HasTarget)
        {
            // Padding before the first entry would have position −1, and padding after a sequence of maximum length a position that does not exist.
            string before = g.Node("Min", g.Node("Sub", g.Node("CumSum", valid, g.Integer(1)), valid), g.Integer(Positions.Rows - 1));
            g[Output] = g.Node("Add", History.ExportKeys(g), g.Node("Gather", g.Weight(Positions), before));
            return;
        }
        string places = g.Node("CumSum", ("reverse", 1), valid, g.Integer(1)), vectors = g.Weight(Positions);
        string behaviour = g.Node("Add", History.ExportKeys(g), g.Node("Gather", vectors, places));
        string target = g.Node("Add", History.ExportQuery(g), g.Node("Gather", vectors, g.Integer(0)));
        g[Output] = g.Node("Concat", ("axis", 1), behaviour, g.Node("Unsqueeze", target, g.Integers(1)));
    }
}
