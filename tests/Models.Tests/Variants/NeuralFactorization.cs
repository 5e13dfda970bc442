namespace GpuCtr.Models.Tests.Variants;

/// <summary>logit = bias + ⟨w, x⟩ + MLP(Σ_{i&lt;j} v_i ∘ v_j); three rectified layers.</summary>
internal sealed class NeuralFactorization : Reference
{
    protected override double[] Forward(VariantRow[] rows)
    {
        double[][] deep = Mlp("mlp", 3, [.. rows.Select(r => Pooled(FieldVectors(r)))]);
        return [.. rows.Select((r, b) => FirstOrder(r) + deep[b][0])];
    }

    private static double[] Pooled(double[][] v)
    {
        double[] sum = new double[D];
        for (int i = 0; i < v.Length; i++)
            for (int j = i + 1; j < v.Length; j++)
                sum = Plus(sum, Product(v[i], v[j]));
        return sum;
    }
}
