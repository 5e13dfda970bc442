using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Models;

/// <summary>Deep &amp; Cross Network (Wang et al., ADKDD 2017): x_{l+1} = x₀ ⟨w_l, x_l⟩ + b_l + x_l, logit = ⟨w, [x_L, h]⟩ + b, h the last hidden layer over x₀ = [v_1 … v_C].</summary>
public static class Dcn
{
    /// <summary>The model in the catalogue.</summary>
    public static ModelEntry Entry { get; } = new("dcn", Logit) { OneWidth = null };

    /// <summary>Records the model; returns the logit (B, 1).</summary>
    public static Tensor Logit(ModelBuilder g)
    {
        Tensor x0 = g.MlpInput(g.FieldVectors(g.Options.EmbeddingDim)), x = x0;
        for (int l = 0; l < g.Options.CrossLayers; l++)
            x = g.Cross($"cross.{l}", x0, g.Linear($"cross.{l}", x, 1, bias: false), x, bias: true);
        return g.Linear("out", g.Concat(x, g.HiddenLayers("mlp", x0)), 1);
    }
}
