using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Models;

/// <summary>Base model of the DIN paper, Embedding &amp; MLP (Zhou et al., KDD 2018, sec. 4.2): logit = MLP(v_1 … v_C, pooled history).</summary>
public static class EmbeddingMlp
{
    /// <summary>The model in the catalogue.</summary>
    public static ModelEntry Entry { get; } = new("embedding-mlp", Logit)
    {
        OneWidth = null,
        ReadsHistories = true,
        Defaults = Din.Entry.Defaults,
        FormerNames = ["base"],
    };

    /// <summary>Records the model; returns the logit (B, 1).</summary>
    public static Tensor Logit(ModelBuilder g)
    {
        Tensor x = g.MlpInput(g.FieldVectors(g.Options.EmbeddingDim));
        for (int group = 0; group < g.Spec.GroupCount; group++)
            x = g.Concat(x, g.PoolHistory(group));
        return g.Mlp("tower", x, outputBias: true);
    }
}
