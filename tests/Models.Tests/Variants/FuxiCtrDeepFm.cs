namespace GpuCtr.Models.Tests.Variants;

/// <summary>DeepFM, here and in FuxiCTR: logit = bias + ⟨w, x⟩ + Σ_{i&lt;j} ⟨v_i, v_j⟩ + MLP(v), numeric vectors x_n V_n among the v; three rectified layers.</summary>
internal sealed class FuxiCtrDeepFm : Reference
{
    protected override double[] Forward(VariantRow[] rows)
    {
        double[][][] v = [.. rows.Select(FieldVectors)];
        double[][] deep = Mlp("mlp", 3, [.. v.Select(Join)]);
        return [.. rows.Select((r, b) => FirstOrder(r) + Pairs(v[b]) + deep[b][0])];
    }
}
