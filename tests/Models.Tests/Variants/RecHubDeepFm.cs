namespace GpuCtr.Models.Tests.Variants;

/// <summary>logit = ⟨w, v⟩ + b over the field vectors + Σ_{i&lt;j} ⟨v_i, v_j⟩ + MLP([v, x]), batch normalization before every rectifier.</summary>
internal sealed class RecHubDeepFm : Reference
{
    protected override double[] Forward(VariantRow[] rows)
    {
        double[][][] v = [.. rows.Select(r => (double[][])[.. IdVectors(r), MeanOfTags(r, "embedding", D)])];
        double[][] first = Linear("first_order", [.. v.Select(Join)]), h = [.. rows.Select((r, b) => Join([.. v[b], [r.Age, r.Price]]))];
        for (int layer = 0; layer < 3; layer++)
            h = Relu(BatchNorm($"mlp.{layer}.norm", Linear($"mlp.{layer}", h)));
        double[][] deep = Linear("mlp.out", h);
        return [.. rows.Select((_, b) => first[b][0] + Pairs(v[b]) + deep[b][0])];
    }
}
