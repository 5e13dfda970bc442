using GpuCtr.Kernels.Onnx;

namespace GpuCtr.Kernels.Attention;

public sealed partial class AttentionPooling
{
    /// <inheritdoc/>
    public Work ForwardWork(in Pass pass) => Work.Floats(pass.RowsOf(Score) * (History.E + 1.0));

    /// <inheritdoc/>
    public Work BackwardWork(in Pass pass) => Work.Floats(2 * pass.RowsOf(Score) * (History.E + 1.0));

    /// <inheritdoc/>
    public void Export(IOnnxGraph g)
    {
        string a = ExportWeights(g, History.ExportMask(g));
        g[Output] = g.Sum(g.Node("Mul", a, History.ExportKeys(g)), 1);
    }

    /// <summary>(B, T, 1); zero at padding.</summary>
    private string ExportWeights(IOnnxGraph g, string mask)
    {
        string Scaled(string x) => g.Node("Div", x, g.Number(MathF.Sqrt(History.E)));
        string s = g[Score], zero = g.Number(0);
        if (Normalization == AttentionNormalization.None)
            return g.Node("Where", mask, s, zero);
        if (Normalization == AttentionNormalization.Sigmoid)
            return g.Node("Where", mask, g.Node("Sigmoid", Scaled(s)), zero);
        return g.SoftmaxOver(s, mask, Normalization == AttentionNormalization.ScaledSoftmax ? MathF.Sqrt(History.E) : 1);
    }
}
