using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Onnx;

/// <summary>Formulas that several ops export.</summary>
internal static class OnnxFormulas
{
    /// <summary>Σ over an axis.</summary>
    public static string Sum(this IOnnxGraph g, string x, int axis, bool keep = false) => g.Reduce("ReduceSum", x, axis, keep);

    /// <summary>The mean of each row, with its last dimension 1.</summary>
    public static string RowMean(this IOnnxGraph g, string x) => g.Reduce("ReduceMean", x, -1, keep: true);

    /// <summary>(B, C, D) from concatenated vectors (B, C·D).</summary>
    public static string Vectors(this IOnnxGraph g, Tensor tensor, int width) => g.Node("Reshape", g[tensor], g.Integers(0, tensor.Columns / width, width));

    /// <summary>(B, D) ½ ((Σ_c e)² − Σ_c e²) of (B, C, D).</summary>
    public static string Pairs(this IOnnxGraph g, string e)
    {
        string sum = g.Sum(e, 1), squares = g.Sum(g.Node("Mul", e, e), 1);
        return g.Node("Mul", g.Node("Sub", g.Node("Mul", sum, sum), squares), g.Number(0.5f));
    }

    /// <summary>Flat indices of (i, j > i) in a (C, C) matrix.</summary>
    public static long[] UpperTriangle(int c) => [.. Enumerable.Range(0, c).SelectMany(i => Enumerable.Range(i + 1, c - i - 1).Select(j => (long)i * c + j))];

    /// <summary>Concatenates values along an axis; a single value is returned as it is.</summary>
    public static string Concat(this IOnnxGraph g, int axis, IReadOnlyList<string> values) => values is [string only] ? only : g.Node("Concat", ("axis", axis), [.. values]);

    /// <summary>x Wᵀ (+ b). Gemm takes only matrices; tensors over history positions use MatMul.</summary>
    public static string Product(this IOnnxGraph g, string x, Tensor weight, Tensor? bias, Tensor output)
    {
        if (output.RowKind == RowKind.Batch || output.RowKind == RowKind.Shared)
            return g.Node("Gemm", ("transB", 1), [x, g.Weight(weight), .. bias is null ? Array.Empty<string>() : [g.Weight(bias)]]);
        string y = g.Node("MatMul", x, g.Node("Transpose", g.Weight(weight)));
        return bias is null ? y : g.Node("Add", y, g.Weight(bias));
    }

    /// <summary>(B, T, 1) softmax of x / divisor over the positions of a mask, zero elsewhere; a row without positions is all zeros.</summary>
    /// <param name="g">The graph.</param>
    /// <param name="x">(B, T, 1).</param>
    /// <param name="mask">(B, T, 1) bool.</param>
    /// <param name="divisor">What x is divided by.</param>
    public static string SoftmaxOver(this IOnnxGraph g, string x, string mask, float divisor = 1)
    {
        string highest = g.Reduce("ReduceMax", g.Node("Where", mask, x, g.Number(float.MinValue)), 1, keep: true);
        string below = g.Node("Sub", x, highest);
        if (divisor != 1)
            below = g.Node("Div", below, g.Number(divisor));
        string powers = g.Node("Where", mask, g.Node("Exp", below), g.Number(0));
        // The largest exponential is 1, so the sum is below 1 only if there are no positions.
        return g.Node("Div", powers, g.Node("Max", g.Sum(powers, 1, keep: true), g.Number(1)));
    }

    /// <summary>Optionally max(0, x).</summary>
    public static string Rectified(this IOnnxGraph g, string x, bool relu) => relu ? g.Node("Relu", x) : x;

    /// <summary>γ (x − μ) / √(σ² + ε) + β as one scale and one shift; γ defaults to 1 and β to 0.</summary>
    public static string Standardized(this IOnnxGraph g, string name, string x, Tensor mean, Tensor variance, float epsilon, Tensor? gamma = null, Tensor? beta = null)
    {
        float[]? scales = gamma is null ? null : g.Read(gamma), shifts = beta is null ? null : g.Read(beta);
        float[] m = g.Read(mean), v = g.Read(variance), scale = new float[m.Length], shift = new float[m.Length];
        for (int h = 0; h < m.Length; h++)
        {
            double r = (scales?[h] ?? 1) / Math.Sqrt((double)v[h] + epsilon);
            (scale[h], shift[h]) = ((float)r, (float)((shifts?[h] ?? 0) - m[h] * r));
        }
        return g.Node("Add", g.Node("Mul", x, g.Floats($"{name} scale", [scale.Length], scale)), g.Floats($"{name} shift", [shift.Length], shift));
    }

    /// <summary>The gate of Dice: x (α + (1 − α) σ(z)).</summary>
    public static string Gated(this IOnnxGraph g, string name, string x, string z, Tensor alpha)
    {
        float[] a = g.Read(alpha);
        string rest = g.Floats($"{name} 1-α", [a.Length], [.. a.Select(v => 1 - v)]);
        return g.Node("Mul", x, g.Node("Add", g.Weight(alpha), g.Node("Mul", rest, g.Node("Sigmoid", z))));
    }
}
