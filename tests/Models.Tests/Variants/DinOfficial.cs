namespace GpuCtr.Models.Tests.Variants;

/// <summary>Sigmoid attention, softmax of z/√E with padding at −2³² + 1, u = linear(pooled), sigmoid tower over [fields, u, u ∘ i], a bias for each item.</summary>
internal sealed class DinOfficial : Reference
{
    private const int T = VariantData.T;

    protected override double[] Forward(VariantRow[] rows)
    {
        double[][] i = [.. rows.Select(r => Join(Vector("item", r.Item), Vector("category", r.Category)))];
        double[][] u = Linear("att.projection", [.. rows.Select((r, b) => Attend(i[b], r))]);
        double[][] x = [.. rows.Select((r, b) => Join([.. IdVectors(r), .. NumericVectors(r), MeanOfTags(r, "embedding", D), u[b], Product(u[b], i[b])]))];
        x = Sigmoid(Linear("tower.0", x));
        x = Sigmoid(Linear("tower.1", x));
        double[][] z = Linear("tower.out", x);
        return [.. rows.Select((r, b) => z[b][0] + Look("target_bias", "item", r.Item, 1)[0])];
    }

    private double[] Attend(double[] q, VariantRow r)
    {
        double[][] k = [.. Enumerable.Range(0, T).Select(t => t < r.Items.Length ? Join(Vector("item", r.Items[t]), Vector("category", r.Categories[t])) : new double[2 * D])];
        double[][] z = Linear("att.out", Sigmoid(Linear("att.1", Sigmoid(Linear("att.0", [.. k.Select(key => Compare(q, key))])))));
        double[] logit = [.. z.Select((s, t) => (t < r.Items.Length ? s[0] : -4294967295.0) / Math.Sqrt(2 * D))];
        double[] weight = [.. logit.Select(s => Math.Exp(s - logit.Max()))];
        return k.Select((key, t) => Scaled(weight[t] / weight.Sum(), key)).Aggregate(Plus);
    }
}
