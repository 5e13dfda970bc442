using GpuCtr.Data.Features;
using GpuCtr.Kernels.Attention;

namespace GpuCtr.Training.Export;

internal sealed partial class OnnxTranslator
{
    private readonly Dictionary<BehaviourHistory, string> keys = [], queries = [];

    /// <summary>z = W [q, k, q − k, q ∘ k] + β as (Wq + Wd) q + β + (Wk − Wd) k + Wp (q ∘ k), so that nothing is four times as wide as a key.</summary>
    private void Translate(ActivationUnitFirstLayer a)
    {
        int h = a.Output.Columns, e = a.History.E;
        float[] w = Read(a.Weight), ofQuery = new float[h * e], ofKey = new float[e * h], ofProduct = new float[e * h];
        for (int i = 0; i < h; i++)
            for (int j = 0; j < e; j++)
            {
                int row = i * 4 * e + j;
                ofQuery[i * e + j] = w[row] + w[row + 2 * e];
                ofKey[j * h + i] = w[row + e] - w[row + 2 * e];
                ofProduct[j * h + i] = w[row + 3 * e];
            }
        string name = a.Weight.Name, q = Query(a.History), k = Keys(a.History), wide = g.Node("Unsqueeze", q, g.Integers(1));
        string constant = g.Node("Gemm", [("transB", 1)], q, g.Floats($"{name} q", [h, e], ofQuery), Weight(a.Bias));
        values[a.Output] = g.Node(
            "Sum", g.Node("Unsqueeze", constant, g.Integers(1)),
            g.Node("MatMul", k, g.Floats($"{name} k", [e, h], ofKey)),
            g.Node("MatMul", g.Node("Mul", wide, k), g.Floats($"{name} qk", [e, h], ofProduct)));
    }

    private void Translate(AttentionPooling p)
    {
        string mask = inputs.Mask(Sequences(p.History)[0]), a = Weights(p, mask);
        values[p.Output] = SumOver(1, g.Node("Mul", a, Keys(p.History)));
    }

    /// <summary>(B, T, 1); zero at padding.</summary>
    private string Weights(AttentionPooling p, string mask)
    {
        string s = Value(p.Score), zero = g.Number(0);
        if (p.Normalization == AttentionNormalization.None)
            return g.Node("Where", mask, s, zero);
        if (p.Normalization == AttentionNormalization.Sigmoid)
            return g.Node("Where", mask, g.Node("Sigmoid", Scaled(p, s)), zero);
        string highest = g.Node("ReduceMax", ("axes", [1]), keepDims: true, g.Node("Where", mask, s, g.Number(float.MinValue)));
        string below = g.Node("Sub", s, highest);
        if (p.Normalization == AttentionNormalization.ScaledSoftmax)
            below = Scaled(p, below);
        string powers = g.Node("Where", mask, g.Node("Exp", below), zero);
        // The largest power is 1, so the sum is below 1 only where there is no history.
        string sum = g.Node("Max", g.Node("ReduceSum", [("keepdims", 1)], powers, g.Integers(1)), g.Number(1));
        return g.Node("Div", powers, sum);
    }

    private string Scaled(AttentionPooling p, string s) => g.Node("Div", s, g.Number(MathF.Sqrt(p.History.E)));

    /// <summary>(B, T, E) the vectors of the group's columns side by side.</summary>
    private string Keys(BehaviourHistory history)
    {
        if (keys.TryGetValue(history, out string? k))
            return k;
        string[] columns = [.. Sequences(history).Select(s => g.Node("Gather", Weight(history.Table), inputs.ListRows(s)))];
        return keys[history] = columns is [string only] ? only : g.Node("Concat", [("axis", 2)], columns);
    }

    /// <summary>(B, E) the vectors of the target fields side by side.</summary>
    private string Query(BehaviourHistory history)
    {
        if (queries.TryGetValue(history, out string? q))
            return q;
        string vectors = g.Node("Reshape", Value(history.Vectors), g.Integers(0, history.Vectors.Columns / history.D, history.D));
        long[] targets = [.. history.TargetFields.ToArray(model.Device).Select(t => (long)t)];
        return queries[history] = g.Node("Reshape", g.Node("Gather", [("axis", 1)], vectors, g.Integers(targets)), g.Integers(0, history.E));
    }

    private int[] Sequences(BehaviourHistory history) => [.. history.Bases.ToArray(model.Device).Select(SequenceAt)];
}
