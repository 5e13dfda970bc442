namespace GpuCtr.Models.Tests.Variants;

/// <summary>An activation unit for each history column, no mask, batch normalization and Dice over the features behind every layer.</summary>
internal sealed class RecHubDin : Reference
{
    private const int T = VariantData.T;

    protected override double[] Forward(VariantRow[] rows)
    {
        double[][] items = Attend("att", "item", [.. rows.Select(r => r.Item)], [.. rows.Select(r => r.Items)]);
        double[][] categories = Attend("att1", "category", [.. rows.Select(r => r.Category)], [.. rows.Select(r => r.Categories)]);
        double[][] x = [.. rows.Select((r, b) => Join([.. IdVectors(r), MeanOfTags(r, "embedding", D), [r.Age, r.Price], items[b], categories[b]]))];
        x = Dice("tower.0", BatchNorm("tower.0.norm", Linear("tower.0", x)));
        x = Dice("tower.1", BatchNorm("tower.1.norm", Linear("tower.1", x)));
        return [.. Linear("tower.out", x).Select(z => z[0])];
    }

    private double[][] Attend(string name, string vocabulary, int[] targets, int[][] histories)
    {
        double[][][] k = [.. histories.Select(h => Enumerable.Range(0, T).Select(t => Vector(vocabulary, t < h.Length ? h[t] : 0)).ToArray())];
        double[][] input = [.. targets.SelectMany((target, b) => k[b].Select(key => Compare(Vector(vocabulary, target), key)))];
        double[][] score = Linear($"{name}.out", Dice($"{name}.0", BatchNorm($"{name}.0.norm", Linear($"{name}.0", input))));
        return [.. k.Select((keys, b) => keys.Select((key, t) => Scaled(score[b * T + t][0], key)).Aggregate(Plus))];
    }

    /// <summary>One α, and the root over a sum: no mean is taken.</summary>
    private double[][] Dice(string name, double[][] x) => [.. x.Select(row =>
    {
        double mean = row.Average(), alpha = Weights[$"{name}.alpha"][0], root = Math.Sqrt(row.Sum(v => (v - mean) * (v - mean) + 1e-3));
        return row.Select(v => Sigmoid((v - mean) / root) * v + (1 - Sigmoid((v - mean) / root)) * alpha * v).ToArray();
    })];
}
