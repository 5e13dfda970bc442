using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Models;

/// <summary>Logistic regression: logit = ⟨w, x⟩.</summary>
public static class LogisticRegression
{
    /// <summary>The model in the catalogue.</summary>
    public static ModelEntry Entry { get; } = new("lr", Logit) { HasNetwork = false, OneWidth = "has no vectors" };

    /// <summary>Records the model; returns the logit (B, 1).</summary>
    public static Tensor Logit(ModelBuilder g) => g.EmbeddingFm(dim: 0).FirstOrder;
}
