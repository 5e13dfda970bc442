using GpuCtr.Kernels.Interactions;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Models;

public sealed partial class ModelBuilder
{
    /// <summary>x₀ ∘ u + x (+ b from 0).</summary>
    /// <param name="name">Prefix of the parameters' names.</param>
    /// <param name="x0">(B, H).</param>
    /// <param name="u">(B, H), or (B, 1): one number for the whole row.</param>
    /// <param name="x">(B, H).</param>
    /// <param name="bias">Add a bias.</param>
    public Tensor Cross(string name, Tensor x0, Tensor u, Tensor x, bool bias)
    {
        Tensor? b = bias ? Zeros($"{name}.bias", x0.Columns) : null;
        Tensor y = Activation($"{name}.out", x0.Columns);
        Append(new Cross(Workspace, x0, u, x, b, y));
        return y;
    }

    /// <summary>(B, D) Σ_{i&lt;j} v_i ∘ v_j of field vectors (B, C·D).</summary>
    public Tensor BiInteraction(string name, Tensor vectors)
    {
        Tensor y = Activation(name, Options.EmbeddingDim);
        Append(new BiInteraction(Device, vectors, y));
        return y;
    }

    /// <summary>(B, 1) Σ_{i&lt;j} ⟨v_{i,j}, v_{j,i}⟩ of field-aware vectors (B, C·C·D).</summary>
    public Tensor FieldAwarePairs(string name, Tensor vectors)
    {
        Tensor y = Activation(name, 1);
        Append(new FieldAwarePairs(Workspace, vectors, Spec.C, y));
        return y;
    }

    /// <summary>(B, C(C−1)/2) ⟨v_i, v_j⟩ of every pair of field vectors (B, C·D).</summary>
    public Tensor InnerProducts(string name, Tensor vectors)
    {
        Tensor y = Activation(name, Kernels.Interactions.InnerProducts.PairsOf(Spec.C));
        Append(new InnerProducts(Device, vectors, Options.EmbeddingDim, y));
        return y;
    }
}
