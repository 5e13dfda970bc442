namespace GpuCtr.Models.Tests.Variants;

/// <summary>logit = bias + ⟨w, x⟩ + Σ_{i&lt;j} ⟨v_{i,j}, v_{j,i}⟩; a row of a table has the vectors for all six fields side by side.</summary>
internal sealed class FieldAware : Reference
{
    private const int C = 6;

    protected override double[] Forward(VariantRow[] rows) => [.. rows.Select(r => FirstOrder(r) + Pairs(r))];

    private double Pairs(VariantRow r)
    {
        double[][] v = [Wide("user", r.User), Wide("item", r.Item), Wide("category", r.Category), Scaled(r.Age, Number(0)), Scaled(r.Price, Number(1)), MeanOfTags(r, "embedding", C * D)];
        double sum = 0;
        for (int i = 0; i < C; i++)
            for (int j = i + 1; j < C; j++)
                sum += For(v[i], j).Zip(For(v[j], i), (a, b) => a * b).Sum();
        return sum;
    }

    private double[] Wide(string vocabulary, int id) => Look("embedding", vocabulary, id, C * D);

    private double[] Number(int n) => Weights["numeric.vectors"][(n * C * D)..][..(C * D)];

    private static double[] For(double[] vectors, int field) => vectors[(field * D)..][..D];
}
