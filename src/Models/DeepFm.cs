using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Models;

/// <summary>DeepFM (Guo et al., IJCAI 2017): logit = b + ⟨w, x⟩ + Σ_{i&lt;j} ⟨v_i, v_j⟩ + MLP(v_1 … v_C), embeddings shared by both parts. The bias b is in the first order.</summary>
public static class DeepFm
{
    /// <summary>The model in the catalogue.</summary>
    public static ModelEntry Entry { get; } = new("deepfm", Logit);

    /// <summary>Records the model; returns the logit (B, 1).</summary>
    public static Tensor Logit(ModelBuilder g)
    {
        EmbeddedFields fields = g.EmbeddingFm(g.Options.EmbeddingDim);
        Tensor deep = g.Mlp("mlp", g.MlpInput(fields.Vectors), outputBias: false);
        return g.Add(fields.FirstOrder, fields.Fm, deep);
    }
}
