namespace GpuCtr.Models.Tests.Variants;

/// <summary>Two attention layers whose Dice holds a whole batch normalization over all positions, padding too; numbers as they are; two rectified layers.</summary>
internal sealed class DeepCtrDin : Reference
{
    private const int T = VariantData.T;

    protected override double[] Forward(VariantRow[] rows)
    {
        List<double[]> input = [], keys = [];
        foreach (VariantRow r in rows)
            for (int t = 0; t < T; t++)
            {
                bool padding = t >= r.Items.Length;
                keys.Add(Join(Vector("item", padding ? 0 : r.Items[t]), Vector("category", padding ? 0 : r.Categories[t])));
                input.Add(Compare(Join(Vector("item", r.Item), Vector("category", r.Category)), keys[^1]));
            }
        double[][] hidden = Dice("att.0", Linear("att.0", [.. input]));
        hidden = Dice("att.1", Linear("att.1", hidden));
        double[][] score = Linear("att.out", hidden);
        double[][] x = [.. rows.Select((r, b) =>
        {
            double[] pooled = new double[2 * D];
            for (int t = 0; t < r.Items.Length; t++)
                pooled = Plus(pooled, Scaled(score[b * T + t][0], keys[b * T + t]));
            return Join([.. IdVectors(r), MeanOfTags(r, "embedding", D), [r.Age, r.Price], pooled]);
        })];
        x = Relu(Linear("tower.0", x));
        x = Relu(Linear("tower.1", x));
        return [.. Linear("tower.out", x).Select(z => z[0])];
    }

    private double[][] Dice(string name, double[][] x)
    {
        double[][] z = BatchNorm($"{name}.dice", x, 1e-8, 0.1);
        return [.. x.Select((row, i) => row.Select((v, h) => Sigmoid(z[i][h]) * v + (1 - Sigmoid(z[i][h])) * Weights[$"{name}.alpha"][h] * v).ToArray())];
    }
}
