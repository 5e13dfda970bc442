using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Models;

/// <summary>
/// Degree-2 polynomial (Chang et al., JMLR 2010; Juan et al., RecSys 2016, eq. 2) with a linear part: logit = ⟨w, x⟩ + Σ_{i&lt;j} x_i x_j w[hash(i, j) mod buckets]
/// over the values of all pairs of categorical and numeric fields, x = 1 for ids. It is logistic regression with a crossed column for each pair.
/// </summary>
/// <remarks>The weights of pairs are rows of the first-order table, and learn as first-order weights do. List columns have first-order weights only.</remarks>
public static class Poly2
{
    /// <summary>The model in the catalogue.</summary>
    public static ModelEntry Entry { get; } = new("poly2", Logit) { HasNetwork = false, CrossesFields = true, OneWidth = "has no vectors" };

    /// <summary>Records the model; returns the logit (B, 1).</summary>
    public static Tensor Logit(ModelBuilder g) => g.Add(g.EmbeddingFm(dim: 0).FirstOrder, g.PairWeights("pairs"));
}
