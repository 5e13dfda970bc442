using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Models;

/// <summary>Field-aware factorization machine (Juan et al., RecSys 2016) with a linear part, as LIBFFM is commonly used: logit = ⟨w, x⟩ + Σ_{i&lt;j} ⟨v_{i,j}, v_{j,i}⟩, v_{i,j} the vector of the value of field i for field j.</summary>
public static class Ffm
{
    /// <summary>The model in the catalogue.</summary>
    public static ModelEntry Entry { get; } = new("ffm", Logit)
    {
        HasNetwork = false,
        // An id has one vector of this width for each field; 4 is the paper's choice on Criteo and Avazu.
        Defaults = new() { EmbeddingDim = 4 },
    };

    /// <summary>Records the model; returns the logit (B, 1).</summary>
    public static Tensor Logit(ModelBuilder g)
    {
        // C vectors of D numbers, one for each field, in one row of the table.
        EmbeddedFields fields = g.EmbeddingFm(g.Spec.C * g.Options.EmbeddingDim);
        return g.Add(fields.FirstOrder, g.FieldAwarePairs("pairs", fields.Vectors));
    }
}
