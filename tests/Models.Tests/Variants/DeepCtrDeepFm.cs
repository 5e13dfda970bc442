namespace GpuCtr.Models.Tests.Variants;

/// <summary>logit = bias + ⟨w, x⟩ + Σ_{i&lt;j} ⟨v_i, v_j⟩ over ids alone + MLP([v, x]) with the numbers as they are.</summary>
internal sealed class DeepCtrDeepFm : Reference
{
    protected override double[] Forward(VariantRow[] rows)
    {
        double[][][] v = [.. rows.Select(r => (double[][])[.. IdVectors(r), MeanOfTags(r, "embedding", D)])];
        double[][] h = Relu(Linear("mlp.0", [.. rows.Select((r, b) => Join([.. v[b], [r.Age, r.Price]]))]));
        h = Relu(Linear("mlp.1", h));
        double[][] deep = Linear("mlp.out", h);
        return [.. rows.Select((r, b) => FirstOrder(r) + Pairs(v[b]) + deep[b][0])];
    }
}
