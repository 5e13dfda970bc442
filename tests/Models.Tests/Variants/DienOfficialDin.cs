namespace GpuCtr.Models.Tests.Variants;

/// <summary>Sigmoid attention, softmax over the valid positions, tower with Dice over a fixed norm of [fields, sum of the history, attended history].</summary>
internal sealed class DienOfficialDin : Reference
{
    protected override double Epsilon => VariantModel.Epsilon;

    protected override double[] Forward(VariantRow[] rows)
    {
        double[][] x = [.. rows.Select(r =>
        {
            double[][] k = [.. r.Items.Zip(r.Categories, (item, category) => Join(Vector("item", item), Vector("category", category)))];
            double[] sum = k.Aggregate(new double[2 * D], Plus), attended = new double[2 * D];
            if (k.Length > 0)
            {
                double[] q = Join(Vector("item", r.Item), Vector("category", r.Category));
                double[][] z = Linear("att.out", Sigmoid(Linear("att.1", Sigmoid(Linear("att.0", [.. k.Select(key => Compare(q, key))])))));
                double total = z.Sum(s => Math.Exp(s[0]));
                for (int t = 0; t < k.Length; t++)
                    attended = Plus(attended, Scaled(Math.Exp(z[t][0]) / total, k[t]));
            }
            return Join([.. IdVectors(r), .. NumericVectors(r), MeanOfTags(r, "embedding", D), sum, attended]);
        })];
        x = Dice("tower.0", Linear("tower.0", FixedNorm("tower.norm", x)));
        x = Dice("tower.1", Linear("tower.1", x));
        return [.. Linear("tower.out", x).Select(z => z[0])];
    }

    private double[][] Dice(string name, double[][] x)
    {
        double[][] z = Normalize(name, x, 1e-9, 0.01, unbiased: false);
        return [.. x.Select((row, i) => row.Select((v, h) => Sigmoid(z[i][h]) * v + (1 - Sigmoid(z[i][h])) * Weights[$"{name}.alpha"][h] * v).ToArray())];
    }
}
