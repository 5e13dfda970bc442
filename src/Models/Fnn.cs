using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Models;

/// <summary>
/// Factorization-machine supported neural network (Zhang, Du and Wang, ECIR 2016): logit = MLP(w_1 … w_C, v_1 … v_C), w_i and v_i the weight and
/// the vector of a factorization machine for the value of field i. Start it from one with <c>--init-from</c>; training continues, embeddings included.
/// </summary>
/// <remarks>The paper's w_0 is a constant input of the first layer, which has a bias, so it is left out.</remarks>
public static class Fnn
{
    /// <summary>The model in the catalogue.</summary>
    public static ModelEntry Entry { get; } = new("fnn", Logit) { OneWidth = "starts from the vectors of a factorization machine, which have one width" };

    /// <summary>Records the model; returns the logit (B, 1).</summary>
    public static Tensor Logit(ModelBuilder g)
    {
        Tensor vectors = g.MlpInput(g.FieldVectors(g.Options.EmbeddingDim));
        return g.Mlp("mlp", g.Concat(g.FieldWeights(), vectors), outputBias: true);
    }
}
