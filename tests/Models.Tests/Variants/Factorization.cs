namespace GpuCtr.Models.Tests.Variants;

/// <summary>lr: logit = bias + ⟨w, x⟩; fm: + Σ_{i&lt;j} ⟨v_i, v_j⟩.</summary>
internal sealed class Factorization(bool pairs) : Reference
{
    protected override double[] Forward(VariantRow[] rows) => [.. rows.Select(r => FirstOrder(r) + (pairs ? Pairs(FieldVectors(r)) : 0))];
}
