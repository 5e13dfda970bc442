using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Models;

/// <summary>
/// Factorization-machine supported neural network (Zhang, Du and Wang, ECIR 2016): logit = MLP(w_1 … w_C, v_1 … v_C), w_i and v_i the weight and the
/// vector that a factorization machine has learned for the value of field i; to be begun with one (<c>--init-from</c>) and trained on, embeddings included.
/// </summary>
/// <remarks>Their w_0 is a constant to the first layer, which has a bias.</remarks>
public static class Fnn
{
    /// <summary>Records the model; returns the logit (B, 1).</summary>
    public static Tensor Logit(ModelBuilder g)
    {
        Tensor vectors = g.MlpInput(g.FieldVectors(g.Options.EmbeddingDim));
        return g.Mlp("mlp", g.Concat(g.FieldWeights(), vectors), outputBias: true);
    }
}
