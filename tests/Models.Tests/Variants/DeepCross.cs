namespace GpuCtr.Models.Tests.Variants;

/// <summary>logit = ⟨w, [x_L, h]⟩ + b over x₀ = [v_1 … v_C]; h the last of three rectified layers, x_L from three cross layers.</summary>
internal abstract class DeepCross : Reference
{
    private const int CrossLayers = 3, HiddenLayers = 3;

    protected override double[] Forward(VariantRow[] rows)
    {
        double[][] x0 = [.. rows.Select(r => Join(FieldVectors(r)))], x = x0, h = Hidden("mlp", HiddenLayers, x0);
        for (int l = 0; l < CrossLayers; l++)
            x = Cross($"cross.{l}", x0, x);
        return [.. Linear("out", [.. x.Select((row, b) => Join(row, h[b]))]).Select(z => z[0])];
    }

    protected abstract double[][] Cross(string name, double[][] x0, double[][] x);
}

/// <summary>x_{l+1} = x₀ ⟨w_l, x_l⟩ + b_l + x_l.</summary>
internal sealed class DeepCrossV1 : DeepCross
{
    protected override double[][] Cross(string name, double[][] x0, double[][] x) =>
        [.. x.Select((row, b) => Plus(Plus(Scaled(Product(Weights[$"{name}.weight"], row).Sum(), x0[b]), Weights[$"{name}.bias"]), row))];
}

/// <summary>x_{l+1} = x₀ ∘ (W_l x_l + b_l) + x_l; with a rank, W_l = U_l V_lᵀ.</summary>
internal sealed class DeepCrossV2(bool lowRank = false) : DeepCross
{
    protected override double[][] Cross(string name, double[][] x0, double[][] x)
    {
        double[][] u = Linear(name, lowRank ? Linear($"{name}.v", x) : x);
        return [.. x.Select((row, b) => Plus(Product(x0[b], u[b]), row))];
    }
}
