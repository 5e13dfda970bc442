using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Models;

/// <summary>Neural factorization machine (He and Chua, SIGIR 2017): logit = ⟨w, x⟩ + MLP(Σ_{i&lt;j} v_i ∘ v_j), with batch normalization and dropout on the pooled pairs as on a hidden layer.</summary>
public static class Nfm
{
    /// <summary>The model in the catalogue.</summary>
    public static ModelEntry Entry { get; } = new("nfm", Logit);

    /// <summary>Records the model; returns the logit (B, 1).</summary>
    public static Tensor Logit(ModelBuilder g)
    {
        EmbeddedFields fields = g.EmbeddingFm(g.Options.EmbeddingDim);
        Tensor pairs = g.BiInteraction("pairs", fields.Vectors);
        if (g.Options.BatchNorm)
            pairs = g.BatchNorm("pairs.norm", pairs, relu: false);
        return g.Add(fields.FirstOrder, g.Mlp("mlp", g.MlpInput(g.Dropout("pairs.dropout", pairs)), outputBias: false));
    }
}
