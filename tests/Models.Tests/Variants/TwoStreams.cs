namespace GpuCtr.Models.Tests.Variants;

/// <summary>finalmlp by the formulas of its paper, with one sum after the other.</summary>
/// <param name="gated">Fields open the gates, through two hidden layers; two heads; the second stream has two layers of its own. Otherwise a learned vector, one layer, one head, three layers.</param>
internal sealed class TwoStreams(bool gated = false) : Reference
{
    private int Heads => gated ? 2 : 1;

    protected override double[] Forward(VariantRow[] rows)
    {
        double[][] first = Stream(rows, "1", 3, r => Vector("user", r.User));
        double[][] second = Stream(rows, "2", gated ? 2 : 3, r => Join(MeanOfTags(r, "embedding", D), Scaled(r.Age, Weights["numeric.vectors"][..D])));
        double[][] linear1 = Linear("fusion.linear1", first), linear2 = Linear("fusion.linear2", second);
        return [.. rows.Select((_, b) => linear1[b][0] + linear2[b][0] + Fused(first[b], second[b]))];
    }

    private double[][] Stream(VariantRow[] rows, string stream, int layers, Func<VariantRow, double[]> context)
    {
        double[][] gate = [.. rows.Select(r => gated ? context(r) : Weights[$"context{stream}"])];
        for (int i = 0; i < (gated ? 2 : 1); i++)
            gate = Relu(Linear($"gate{stream}.{i}", gate));
        double[][] open = Map(Linear($"gate{stream}.out", gate), (v, _) => 2 * Sigmoid(v));
        return Hidden($"mlp{stream}", layers, [.. rows.Select((r, b) => Product(open[b], Join(FieldVectors(r))))]);
    }

    /// <summary>Σ_h o₁ₕᵀ W_h o₂ₕ; a row of the weights belongs to a unit of the second stream.</summary>
    private double Fused(double[] first, double[] second)
    {
        int n1 = first.Length / Heads, n2 = second.Length / Heads;
        double[] w = Weights["fusion.weight"];
        Assert.Equal(n1 * second.Length, w.Length);
        double sum = 0;
        for (int h = 0; h < Heads; h++)
            for (int i = 0; i < n1; i++)
                for (int j = 0; j < n2; j++)
                    sum += first[h * n1 + i] * w[(h * n2 + j) * n1 + i] * second[h * n2 + j];
        return sum;
    }
}
