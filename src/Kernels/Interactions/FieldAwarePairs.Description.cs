using GpuCtr.Kernels.Onnx;

namespace GpuCtr.Kernels.Interactions;

public sealed partial class FieldAwarePairs
{
    /// <inheritdoc/>
    public Work ForwardWork(in Pass pass) => Work.Passes(pass, Input, 1);

    /// <inheritdoc/>
    public Work BackwardWork(in Pass pass) => Work.Passes(pass, Input, 2);

    /// <summary>The upper triangle of (B, C, C, D) times the lower one.</summary>
    public void Export(IOnnxGraph g)
    {
        int c = Fields;
        long[] upper = OnnxFormulas.UpperTriangle(c), lower = [.. upper.Select(at => at % c * c + at / c)];
        string v = g.Vectors(Input, Width);
        string left = g.Node("Gather", ("axis", 1), v, g.Integers($"pairs of {c}", upper)), right = g.Node("Gather", ("axis", 1), v, g.Integers($"mirrored pairs of {c}", lower));
        g[Output] = g.Sum(g.Sum(g.Node("Mul", left, right), 1), 1, keep: true);
    }
}
