namespace GpuCtr.Models.Tests.Variants;

/// <summary>logit = MLP(w_1 … w_C, v_1 … v_C), the first-order terms and the vectors of all fields; three rectified layers.</summary>
internal sealed class FactorizationSupported : Reference
{
    protected override double[] Forward(VariantRow[] rows) => [.. Mlp("mlp", 3, [.. rows.Select(r => Join([Terms(r), .. FieldVectors(r)]))]).Select(y => y[0])];

    private double[] Terms(VariantRow r) =>
    [
        Look("first_order", "user", r.User, 1)[0], Look("first_order", "item", r.Item, 1)[0], Look("first_order", "category", r.Category, 1)[0],
        Weights["numeric.weights"][0] * r.Age, Weights["numeric.weights"][1] * r.Price, MeanOfTags(r, "first_order", 1)[0],
    ];
}
