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
        double[][] q = Linear($"{name}.attention.query", s), k = Linear($"{name}.attention.key", s), v = Linear($"{name}.attention.value", s);
        double[][] answers = Linear($"{name}.attention.out", [.. q.Select(row => Join([.. Enumerable.Range(0, heads).Select(h => Head(row, k, v, h * E / heads, E / heads))]))]);
        double[][] attended = LayerNorm($"{name}.norm1", [.. s.Zip(answers, Plus)]);
        double[][] hidden = Linear($"{name}.ffn2", Leaky(Linear($"{name}.ffn1", attended)));
        return LayerNorm($"{name}.norm2", [.. attended.Zip(hidden, Plus)]);
    }

    /// <summary>softmax_t(⟨q, k_t⟩ / √d) v_t over columns <paramref name="first"/> … first + d − 1.</summary>
    private static double[] Head(double[] q, double[][] k, double[][] v, int first, int d)
    {
        double[] powers = [.. k.Select(key => Math.Exp(Enumerable.Range(first, d).Sum(c => q[c] * key[c]) / Math.Sqrt(d)))];
        return [.. Enumerable.Range(first, d).Select(c => powers.Select((p, t) => p / powers.Sum() * v[t][c]).Sum())];
    }

    private double[][] LayerNorm(string name, double[][] x) => [.. x.Select(row =>
    {
        double mean = row.Average(), deviation = Math.Sqrt(row.Average(v => (v - mean) * (v - mean)) + 1e-5);
        return row.Select((v, i) => (v - mean) / deviation * Weights[$"{name}.gamma"][i] + Weights[$"{name}.beta"][i]).ToArray();
    })];

    private static double[][] Leaky(double[][] x) => Map(x, (v, _) => v > 0 ? v : 0.01 * v);
}
