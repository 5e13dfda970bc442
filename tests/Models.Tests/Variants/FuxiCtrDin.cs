namespace GpuCtr.Models.Tests.Variants;

/// <summary>One attention layer with Dice, whose statistics run over padding as well; its scores times the mask are the weights; three rectified layers.</summary>
internal sealed class FuxiCtrDin : Reference
{
    private const int T = VariantData.T;

    protected override double[] Forward(VariantRow[] rows)
    {
        double[][] q = [.. rows.Select(r => Join(Vector("item", r.Item), Vector("category", r.Category)))];
        double[][][] k = [.. rows.Select(r => Enumerable.Range(0, T).Select(t => t < r.Items.Length ? Join(Vector("item", r.Items[t]), Vector("category", r.Categories[t])) : new double[2 * D]).ToArray())];
        double[][] hidden = Dice("att.0", Linear("att.0", [.. q.SelectMany((query, b) => k[b].Select(key => Compare(query, key)))]));
        double[][] score = Linear("att.out", hidden);
        double[][] x = new double[rows.Length][];
        for (int b = 0; b < rows.Length; b++)
        {
            double[] pooled = new double[2 * D];
            for (int t = 0; t < T; t++)
            {
                double mask = t < rows[b].Items.Length ? 1 : 0;
                pooled = Plus(pooled, Scaled(score[b * T + t][0] * mask, k[b][t]));
            }
            x[b] = Join([.. IdVectors(rows[b]), .. NumericVectors(rows[b]), MeanOfTags(rows[b], "embedding", D), pooled]);
        }
        x = Relu(Linear("tower.0", x));
        x = Relu(Linear("tower.1", x));
        x = Relu(Linear("tower.2", x));
        return [.. Linear("tower.out", x).Select(z => z[0])];
    }

    private double[][] Dice(string name, double[][] x)
    {
        double[][] z = Normalize(name, x, 1e-9, 0.01, unbiased: true);
        return [.. x.Select((row, i) => row.Select((v, h) => Sigmoid(z[i][h]) * v + (1 - Sigmoid(z[i][h])) * Weights[$"{name}.alpha"][h] * v).ToArray())];
    }
}
