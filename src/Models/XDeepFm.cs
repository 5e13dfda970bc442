using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Models;

/// <summary>
/// xDeepFM (Lian et al., KDD 2018): logit = b + ⟨w, x⟩ + MLP(v_1 … v_C) + ⟨w_cin, [p¹ … pᵀ]⟩, with the compressed interaction network
/// x⁰_i = v_i,  xᵏ_h = Σ_i Σ_j Wᵏ_hij xᵏ⁻¹_i ∘ x⁰_j,  pᵏ_h = Σ_d xᵏ_hd. The bias b is in the first order.
/// </summary>
public static class XDeepFm
{
    /// <summary>The model in the catalogue.</summary>
    public static ModelEntry Entry { get; } = new("xdeepfm", Logit);

    /// <summary>Records the model; returns the logit (B, 1).</summary>
    public static Tensor Logit(ModelBuilder g)
    {
        EmbeddedFields fields = g.EmbeddingFm(g.Options.EmbeddingDim);
        Tensor p = CompressedInteractionNetwork(g, fields.Vectors), deep = g.Mlp("mlp", g.MlpInput(fields.Vectors), outputBias: false);
        return g.Add(fields.FirstOrder, deep, g.Linear("cin.out", p, 1, bias: false));
    }

    private static Tensor CompressedInteractionNetwork(ModelBuilder g, Tensor vectors)
    {
        IReadOnlyList<int> maps = g.Options.CinLayers;
        Tensor x0 = g.ByDimension("x0", vectors), x = x0;
        List<Tensor> p = [];
        for (int k = 0; k < maps.Count; k++)
        {
            // The halves of a layer are computed as two layers: the maps of one are sum-pooled, those of the other feed the next layer.
            bool halves = g.Options.CinSplit && k < maps.Count - 1;
            if (halves)
                p.Add(g.SumPooling($"p.{k}", g.CompressedInteraction($"cin.{k}.summed", x, x0, maps[k] - maps[k] / 2)));
            x = g.CompressedInteraction($"cin.{k}", x, x0, halves ? maps[k] / 2 : maps[k]);
            if (!halves)
                p.Add(g.SumPooling($"p.{k}", x));
        }
        return g.Concat([.. p]);
    }
}
