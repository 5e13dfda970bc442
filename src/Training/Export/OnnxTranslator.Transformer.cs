using GpuCtr.Data.Features;
using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Training.Export;

/// <summary>A tensor over sequences is (B, T + 1, E): the positions, padded anywhere, and behind them the target.</summary>
internal sealed partial class OnnxTranslator
{
    private readonly Dictionary<BehaviourHistory, string> items = [];

    /// <summary>The place of a position is the count of valid ones from it on: 1 at the most recent.</summary>
    private void Translate(SequenceEmbedding s)
    {
        string valid = g.Node("Cast", [("to", (long)OnnxType.Int64)], g.Node("Squeeze", inputs.Mask(Sequences(s.History)[0]), g.Integers(2)));
        string places = g.Node("CumSum", [("reverse", 1)], valid, g.Integer(1)), vectors = Weight(s.Positions);
        string behaviour = g.Node("Add", Keys(s.History), g.Node("Gather", vectors, places));
        string target = g.Node("Add", Query(s.History), g.Node("Gather", vectors, g.Integer(0)));
        values[s.Output] = g.Node("Concat", [("axis", 1)], behaviour, g.Node("Unsqueeze", target, g.Integers(1)));
    }

    private void Translate(TargetGather t) => values[t.Output] = g.Node("Gather", [("axis", 1)], Value(t.Input), g.Integer(-1));

    private void Translate(MultiHeadAttention a)
    {
        int e = a.Output.Columns, d = e / a.Heads;
        bool targetAsks = a.Output.Group == Tensor.BatchRows;
        string Split(string x, params long[] order) => g.Node("Transpose", ("perm", order), g.Node("Reshape", x, g.Integers(0, -1, a.Heads, d)));
        string q = Value(a.Inputs.Q);
        if (targetAsks)
            q = g.Node("Unsqueeze", q, g.Integers(1));
        string scores = g.Node("Div", g.Node("MatMul", Split(q, 0, 2, 1, 3), Split(Value(a.Inputs.K), 0, 2, 3, 1)), g.Number(MathF.Sqrt(d)));
        string weights = g.Node("Softmax", g.Node("Where", Items(a.History), scores, g.Number(float.MinValue)));
        string heads = g.Node("Transpose", ("perm", [0, 2, 1, 3]), g.Node("MatMul", weights, Split(Value(a.Inputs.V), 0, 2, 1, 3)));
        values[a.Output] = g.Node("Reshape", heads, targetAsks ? g.Integers(0, e) : g.Integers(0, -1, e));
    }

    /// <summary>(B, 1, 1, T + 1) bool: the items that take part, the target always.</summary>
    private string Items(BehaviourHistory history)
    {
        if (items.TryGetValue(history, out string? mask))
            return mask;
        string valid = g.Node("Cast", [("to", (long)OnnxType.Float)], inputs.Mask(Sequences(history)[0]));
        string all = g.Node("Transpose", ("perm", [0, 2, 1]), g.Node("Pad", valid, g.Integers(0, 0, 0, 0, 1, 0), g.Number(1)));
        return items[history] = g.Node("Unsqueeze", g.Node("Greater", all, g.Number(0)), g.Integers(1));
    }

    /// <summary>c = x − mean(x),  y = γ c / √(mean(c²) + ε) + β.</summary>
    private void Translate(LayerNorm n)
    {
        string x = Value(n.Input), c = g.Node("Sub", x, Mean(x)), variance = Mean(g.Node("Mul", c, c));
        string normal = g.Node("Div", c, g.Node("Sqrt", g.Node("Add", variance, g.Number(LayerNorm.Epsilon))));
        values[n.Output] = g.Node("Add", g.Node("Mul", normal, Weight(n.Scale.Gamma)), Weight(n.Scale.Beta));
    }

    private string Mean(string x) => g.Node("ReduceMean", ("axes", [-1]), keepDims: true, x);
}
