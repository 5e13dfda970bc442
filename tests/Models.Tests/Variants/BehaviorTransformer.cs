namespace GpuCtr.Models.Tests.Variants;

/// <summary>bst by the formulas of its paper, every item of every block computed.</summary>
/// <param name="blocks">Transformer blocks.</param>
/// <param name="heads">Heads of the attention, each of E / heads columns.</param>
internal sealed class BehaviorTransformer(int blocks, int heads) : Reference
{
    private const int E = 2 * D;

    protected override double[] Forward(VariantRow[] rows)
    {
        double[][] x = [.. rows.Select(r => Join([.. FieldVectors(r), Sequence(r)[^1]]))];
        x = Leaky(Linear("mlp.0", x));
        x = Leaky(Linear("mlp.1", x));
        return [.. Linear("mlp.out", x).Select(z => z[0])];
    }

    /// <summary>The history, oldest first, and the target, each with the embedding of its distance from the target; after all blocks.</summary>
    private double[][] Sequence(VariantRow r)
    {
        double[][] items = [.. Keys(r), Target(r)];
        double[][] s = [.. items.Select((item, t) => Plus(item, Weights["bst.positions"][((items.Length - 1 - t) * E)..][..E]))];
        for (int l = 0; l < blocks; l++)
            s = Block($"bst.{l}", s);
        return s;
    }

    private double[][] Block(string name, double[][] s)
    {
        double[][] answers = Attention($"{name}.attention", s, heads, E / heads);
        double[][] attended = LayerNorm($"{name}.norm1", [.. s.Zip(answers, Plus)]);
        double[][] hidden = Linear($"{name}.ffn2", Leaky(Linear($"{name}.ffn1", attended)));
        return LayerNorm($"{name}.norm2", [.. attended.Zip(hidden, Plus)]);
    }

    private static double[][] Leaky(double[][] x) => Map(x, (v, _) => v > 0 ? v : 0.01 * v);
}
