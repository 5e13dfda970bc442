using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Models;

/// <summary>Deep Interest Network (Zhou et al., KDD 2018): logit = MLP(v_1 … v_C, Σ_t a(k_t, q) k_t), one attention unit for each behaviour group.</summary>
public static class Din
{
    /// <summary>Records the model; returns the logit (B, 1).</summary>
    public static Tensor Logit(ModelBuilder g)
    {
        Tensor fields = g.FieldVectors(g.Options.EmbeddingDim), x = fields;
        for (int group = 0; group < g.Spec.GroupCount; group++)
            x = g.Concat(x, g.TargetAttention(g.History(fields, group), group == 0 ? "att" : $"att{group}"));
        return g.Mlp("tower", x, outputBias: true);
    }
}
