namespace GpuCtr.Models.Tests.Variants;

/// <summary>xdeepfm by the formulas of its paper, one vector and one sum after the other.</summary>
/// <param name="split">Three layers, of whose maps the first two sum up the second half; otherwise two layers.</param>
internal sealed class Compressed(bool split = false) : Reference
{
    private const int HiddenLayers = 3;

    private int Layers => split ? 3 : 2;

    protected override double[] Forward(VariantRow[] rows)
    {
        double[][] deep = Mlp("mlp", HiddenLayers, [.. rows.Select(r => Join(FieldVectors(r)))]), explicitPart = Linear("cin.out", [.. rows.Select(Pooled)]);
        return [.. rows.Select((r, b) => FirstOrder(r) + deep[b][0] + explicitPart[b][0])];
    }

    private double[] Pooled(VariantRow r)
    {
        double[][] x0 = FieldVectors(r), x = x0;
        List<double> p = [];
        for (int k = 0; k < Layers; k++)
        {
            double[][] next = Maps($"cin.{k}", x, x0);
            p.AddRange((split && k < Layers - 1 ? Maps($"cin.{k}.summed", x, x0) : next).Select(map => map.Sum()));
            x = next;
        }
        return [.. p];
    }

    /// <summary>Σ_i Σ_j W_hij x_i ∘ v_j of every h.</summary>
    private double[][] Maps(string name, double[][] x, double[][] v)
    {
        double[] w = Weights[$"{name}.weight"];
        int inputs = x.Length * v.Length;
        Assert.Equal(0, w.Length % inputs);
        double[][] maps = [.. Enumerable.Range(0, w.Length / inputs).Select(_ => new double[D])];
        for (int h = 0; h < maps.Length; h++)
            for (int i = 0; i < x.Length; i++)
                for (int j = 0; j < v.Length; j++)
                    for (int d = 0; d < D; d++)
                        maps[h][d] += w[(h * x.Length + i) * v.Length + j] * x[i][d] * v[j][d];
        return maps;
    }
}
