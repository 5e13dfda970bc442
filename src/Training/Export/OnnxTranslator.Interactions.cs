using GpuCtr.Kernels.Interactions;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Training.Export;

internal sealed partial class OnnxTranslator
{
    /// <summary>x₀ ∘ u + x (+ b).</summary>
    private void Translate(Cross c)
    {
        string y = g.Node("Add", g.Node("Mul", Value(c.Inputs.X0), Value(c.Inputs.U)), Value(c.Inputs.X));
        values[c.Output] = c.Bias is null ? y : g.Node("Add", y, Weight(c.Bias));
    }

    /// <summary>The upper triangle of V Vᵀ.</summary>
    private void Translate(InnerProducts p)
    {
        int vectors = p.Input.Columns / p.Width;
        string v = Vectors(p.Input, p.Width), square = g.Node("MatMul", v, g.Node("Transpose", ("perm", [0, 2, 1]), v));
        values[p.Output] = g.Node("Gather", [("axis", 1)], g.Node("Reshape", square, g.Integers(0, vectors * vectors)), g.Integers($"pairs of {vectors}", Upper(vectors)));
    }

    /// <summary>The upper triangle of (B, C, C, D) times the lower one.</summary>
    private void Translate(FieldAwarePairs p)
    {
        int c = p.Fields;
        long[] upper = Upper(c), lower = [.. upper.Select(at => at % c * c + at / c)];
        string v = Vectors(p.Input, p.Width);
        string left = g.Node("Gather", [("axis", 1)], v, g.Integers($"pairs of {c}", upper)), right = g.Node("Gather", [("axis", 1)], v, g.Integers($"mirrored pairs of {c}", lower));
        values[p.Output] = g.Node("ReduceSum", [("keepdims", 1)], SumOver(1, g.Node("Mul", left, right)), g.Integers(1));
    }

    /// <summary>Places of (i, j > i) in a square of C.</summary>
    private static long[] Upper(int c) => [.. Enumerable.Range(0, c).SelectMany(i => Enumerable.Range(i + 1, c - i - 1).Select(j => (long)i * c + j))];

    /// <summary>(B, C, D) of vectors side by side.</summary>
    private string Vectors(Tensor tensor, int width) => g.Node("Reshape", Value(tensor), g.Integers(0, tensor.Columns / width, width));
}
