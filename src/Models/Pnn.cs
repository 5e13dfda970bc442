using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Models;

/// <summary>Product-based neural network with inner products (Qu et al., ICDM 2016): logit = MLP(v_1 … v_C, ⟨v_i, v_j⟩ of every pair i &lt; j).</summary>
public static class Pnn
{
    /// <summary>The model in the catalogue.</summary>
    public static ModelEntry Entry { get; } = new("pnn", Logit);

    /// <summary>Records the model; returns the logit (B, 1).</summary>
    public static Tensor Logit(ModelBuilder g)
    {
        Tensor vectors = g.FieldVectors(g.Options.EmbeddingDim);
        return g.Mlp("mlp", g.Concat(g.MlpInput(vectors), g.InnerProducts("pairs", vectors)), outputBias: true);
    }
}
