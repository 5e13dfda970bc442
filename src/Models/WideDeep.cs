using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Models;

/// <summary>Wide &amp; Deep (Cheng et al., DLRS 2016) with a wide part of all single fields: logit = ⟨w, x⟩ + MLP(v_1 … v_C).</summary>
public static class WideDeep
{
    /// <summary>The model in the catalogue.</summary>
    public static ModelEntry Entry { get; } = new("wide-deep", Logit) { OneWidth = null };

    /// <summary>Records the model; returns the logit (B, 1).</summary>
    public static Tensor Logit(ModelBuilder g)
    {
        EmbeddedFields fields = g.EmbeddingFm(g.Options.EmbeddingDim);
        return g.Add(fields.FirstOrder, g.Mlp("mlp", g.MlpInput(fields.Vectors), outputBias: false));
    }
}
