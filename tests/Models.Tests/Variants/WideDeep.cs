namespace GpuCtr.Models.Tests.Variants;

/// <summary>logit = bias + ⟨w, x⟩ + MLP(v_1 … v_C), without a bias of the MLP's output; three rectified layers.</summary>
internal sealed class WideDeep : Reference
{
    protected override double[] Forward(VariantRow[] rows)
    {
        double[][] deep = Mlp("mlp", 3, [.. rows.Select(r => Join(FieldVectors(r)))]);
        return [.. rows.Select((r, b) => FirstOrder(r) + deep[b][0])];
    }
}
