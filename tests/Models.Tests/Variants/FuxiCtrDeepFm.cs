namespace GpuCtr.Models.Tests.Variants;

/// <summary>logit = bias + ⟨w, x⟩ + Σ_{i&lt;j} ⟨v_i, v_j⟩ + MLP(v), numeric vectors x_n V_n among the v; three rectified layers.</summary>
internal sealed class FuxiCtrDeepFm : Reference
{
    protected override double[] Forward(VariantRow[] rows)
    {
        double[][][] v = [.. rows.Select(r => (double[][])[.. IdVectors(r), .. NumericVectors(r), MeanOfTags(r, "embedding", D)])];
        double[][] h = Relu(Linear("mlp.0", [.. v.Select(Join)]));
        h = Relu(Linear("mlp.1", h));
        h = Relu(Linear("mlp.2", h));
        double[][] deep = Linear("mlp.out", h);
        return [.. rows.Select((r, b) => FirstOrder(r) + Pairs(v[b]) + deep[b][0])];
    }
}
