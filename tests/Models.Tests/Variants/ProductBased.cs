namespace GpuCtr.Models.Tests.Variants;

/// <summary>logit = MLP(v_1 … v_C, ⟨v_1, v_2⟩, ⟨v_1, v_3⟩, …, ⟨v_2, v_3⟩, …); three rectified layers.</summary>
internal sealed class ProductBased : Reference
{
    protected override double[] Forward(VariantRow[] rows) =>
        [.. Mlp("mlp", 3, [.. rows.Select(r => Join([.. FieldVectors(r), Products(FieldVectors(r))]))]).Select(z => z[0])];

    private static double[] Products(double[][] v) => [.. v.SelectMany((a, i) => v[(i + 1)..].Select(b => Product(a, b).Sum()))];
}
