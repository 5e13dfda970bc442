namespace GpuCtr.Models.Tests.Variants;

/// <summary>prm by the formulas of its paper, list by list.</summary>
/// <param name="blocks">Transformer blocks.</param>
/// <param name="heads">Heads of the attention.</param>
/// <param name="headWidth">Columns of a head.</param>
/// <param name="places">Places with a vector of their own.</param>
/// <param name="pointwise">Whether each item has a loss of its own.</param>
internal sealed class Reranking(int blocks, int heads, int headWidth, int places = 50, bool pointwise = false) : Reference
{
    /// <summary>The logits of the probabilities of a softmax over the list, or the scores.</summary>
    protected override double[] Forward(VariantRow[] rows)
    {
        double[] scores = [.. VariantData.ListsOf(rows).SelectMany(Scores)];
        return pointwise ? scores : [.. VariantData.ListsOf(scores).SelectMany(list => list.Select((s, i) => Math.Min(30, s - Math.Log(list.Where((_, j) => j != i).Sum(Math.Exp)))))];
    }

    public override double Loss(VariantRow[] rows) => pointwise
        ? base.Loss(rows)
        : VariantData.ListsOf(rows).Average(list =>
        {
            double[] scores = Scores(list);
            return -list.Zip(scores, (row, s) => row.Label * Math.Log(Math.Exp(s) / scores.Sum(Math.Exp))).Sum();
        });

    private double[] Scores(VariantRow[] list)
    {
        double[][] x = [.. list.Select(r => Join([.. IdVectors(r), MeanOfTags(r, "embedding", D), [r.Age, r.Price]]))];
        double[][] v = Linear("embed", [.. x.Select((item, i) => Plus(item, Weights["position"][(Math.Min(i, places - 1) * item.Length)..][..item.Length]))]);
        for (int l = 0; l < blocks; l++)
            v = Block($"block.{l}", v);
        return [.. Linear("out", v).Select(s => s[0])];
    }

    private double[][] Block(string name, double[][] v)
    {
        double[][] s = LayerNorm($"{name}.norm1", [.. v.Zip(Attention($"{name}.attention", v, heads, headWidth), Plus)]);
        return LayerNorm($"{name}.norm2", [.. s.Zip(Linear($"{name}.ffn2", Relu(Linear($"{name}.ffn1", s))), Plus)]);
    }
}
