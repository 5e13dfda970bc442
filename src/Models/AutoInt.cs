using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Models;

/// <summary>
/// AutoInt (Song et al., CIKM 2019): logit = b + ⟨w, [e_1 … e_C]⟩, e after L interacting layers, e = ReLU(concat(head_1 … head_H) + e W_Res) from e = v,
/// head_h = softmax((e W_Q)(e W_K)ᵀ) e W_V over the fields of an example; AutoInt+ is the sum with MLP(v_1 … v_C).
/// </summary>
public static class AutoInt
{
    /// <summary>The model in the catalogue.</summary>
    public static ModelEntry Entry { get; } = new("autoint", Logit)
    {
        // Two heads are the paper's choice, and without hidden layers there is no MLP.
        Defaults = new() { HiddenUnits = [], AttentionHeads = 2 },
    };

    /// <summary>Records the model; returns the logit (B, 1).</summary>
    public static Tensor Logit(ModelBuilder g)
    {
        Tensor vectors = g.FieldVectors(g.Options.EmbeddingDim), e = g.ByField("fields", vectors);
        for (int l = 0; l < g.Options.AttentionLayers; l++)
        {
            Tensor heads = g.FieldAttention($"attention.{l}", e, g.Options.AttentionWidth), residual = g.Linear($"attention.{l}.residual", e, g.Options.AttentionWidth, bias: false);
            e = g.Activate($"attention.{l}", g.Add(heads, residual), g.Options.Activation);
        }
        Tensor logit = g.Linear("attention.out", g.MlpInput(g.ByExample("fields side by side", e)), 1);
        return g.Options.HiddenUnits is [] ? logit : g.Add(logit, g.Mlp("mlp", g.MlpInput(vectors), outputBias: false));
    }
}
