using GpuCtr.Kernels.Onnx;

namespace GpuCtr.Kernels.Embedding;

public sealed partial class SequencePooling
{
    /// <inheritdoc/>
    public Work ForwardWork(in Pass pass) => Entries(pass);

    /// <inheritdoc/>
    public Work BackwardWork(in Pass pass) => Entries(pass);

    /// <inheritdoc/>
    public void Export(IOnnxGraph g)
    {
        string v = g.Node("Gather", g.Weight(Table.Weights), g.ListRows(Sequence.Base)), mask = g.ListMask(Sequence.Base);
        string valid = g.Node("Cast", ("to", IOnnxGraph.FloatType), mask), count = g.Sum(valid, 1), pooled;
        if (Kind == PoolingKind.Max)
        {
            string highest = g.Reduce("ReduceMax", g.Node("Where", mask, v, g.Number(float.MinValue)), 1, keep: false);
            pooled = g.Node("Where", g.Node("Greater", count, g.Number(0)), highest, g.Number(0));
        }
        else
        {
            pooled = g.Sum(g.Node("Mul", v, valid), 1);
            if (Kind == PoolingKind.Mean)
                pooled = g.Node("Div", pooled, g.Node("Max", count, g.Number(1)));
        }
        g.Append(Output, pooled);
    }

    /// <summary>Bytes: the vector of every entry, moved twice.</summary>
    private Work Entries(in Pass pass) => Work.Floats(2.0 * Sequence.Offsets.ToArray(device)[pass.Rows] * Table.Weights.Columns);
}
