namespace GpuCtr.Models.Tests.Variants;

/// <summary>
/// din: a tower with Dice over [fields, Σ_t softmax_t(MLP([q, k_t, q − k_t, q ∘ k_t])) k_t], Dice in the activation unit as well.
/// embedding-mlp: the mean of the k_t in place of the attended history.
/// </summary>
internal sealed class Interest(bool attention) : Reference
{
    protected override double[] Forward(VariantRow[] rows)
    {
        double[][][] k = [.. rows.Select(Keys)];
        double[][] history = attention ? Attended(rows, k) : [.. k.Select(keys => Scaled(1.0 / Math.Max(1, keys.Length), Sum(keys)))];
        double[][] x = [.. rows.Select((r, b) => Join([.. FieldVectors(r), history[b]]))];
        x = Dice("tower.0", Linear("tower.0", x));
        x = Dice("tower.1", Linear("tower.1", x));
        return [.. Linear("tower.out", x).Select(z => z[0])];
    }

    /// <summary>The statistics of Dice go over all history positions of the batch.</summary>
    private double[][] Attended(VariantRow[] rows, double[][][] k)
    {
        double[][] x = [.. rows.SelectMany((r, b) => k[b].Select(key => Compare(Target(r), key)))];
        x = Dice("att.0", Linear("att.0", x));
        double[] score = [.. Linear("att.out", Dice("att.1", Linear("att.1", x))).Select(z => z[0])];
        int position = 0;
        return [.. k.Select(keys =>
        {
            double[] power = [.. keys.Select(_ => Math.Exp(score[position++]))];
            return Sum([.. keys.Select((key, t) => Scaled(power[t] / power.Sum(), key))]);
        })];
    }

    private static double[] Sum(double[][] keys) => keys.Aggregate(new double[2 * D], Plus);

    private double[][] Dice(string name, double[][] x)
    {
        double[][] z = Normalize(name, x, 1e-8, 0.01, unbiased: false);
        return [.. x.Select((row, i) => row.Select((v, h) => Sigmoid(z[i][h]) * v + (1 - Sigmoid(z[i][h])) * Weights[$"{name}.alpha"][h] * v).ToArray())];
    }
}
