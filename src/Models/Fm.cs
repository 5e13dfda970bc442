using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Models;

/// <summary>Factorization machine (Rendle, ICDM 2010): logit = ⟨w, x⟩ + Σ_{i&lt;j} ⟨v_i, v_j⟩.</summary>
public static class Fm
{
    /// <summary>The model in the catalogue.</summary>
    public static ModelEntry Entry { get; } = new("fm", Logit) { HasNetwork = false };

    /// <summary>Records the model; returns the logit (B, 1).</summary>
    public static Tensor Logit(ModelBuilder g)
    {
        EmbeddedFields fields = g.EmbeddingFm(g.Options.EmbeddingDim);
        return g.Add(fields.FirstOrder, fields.Fm);
    }
}
