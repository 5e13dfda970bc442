using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Models;

/// <summary>DCN V2 (Wang et al., WWW 2021): x_{l+1} = x₀ ∘ (W_l x_l + b_l) + x_l, logit = ⟨w, [x_L, h]⟩ + b, h the last hidden layer over x₀ = [v_1 … v_C]. With a rank R, W_l = U_l V_lᵀ.</summary>
public static class DcnV2
{
    /// <summary>The model in the catalogue.</summary>
    public static ModelEntry Entry { get; } = new("dcn-v2", Logit) { OneWidth = null };

    /// <summary>Records the model; returns the logit (B, 1).</summary>
    public static Tensor Logit(ModelBuilder g)
    {
        Tensor x0 = g.MlpInput(g.FieldVectors(g.Options.EmbeddingDim)), x = x0;
        for (int l = 0; l < g.Options.CrossLayers; l++)
        {
            Tensor inner = g.Options.CrossRank > 0 ? g.Linear($"cross.{l}.v", x, g.Options.CrossRank, bias: false) : x;
            x = g.Cross($"cross.{l}", x0, g.Linear($"cross.{l}", inner, x0.Columns), x, bias: false);
        }
        return g.Linear("out", g.Concat(x, g.HiddenLayers("mlp", x0)), 1);
    }
}
