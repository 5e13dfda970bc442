using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Embedding;
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

    /// <summary>(B, 1) Σ_{i&lt;j} x_i x_j w[bucket of i, j] over categorical (x = 1) and numeric fields; the weights are rows of the first-order table, which is recorded first.</summary>
    public Tensor PairWeights(string name)
    {
        EmbeddingTable table = Tables.Single(t => t.Weights.Name == FirstOrderTable);
        Tensor y = Activation(name, 1);
        Append(new PairWeights(Workspace, Spec.Pairs()!, Inputs.PairRows, Inputs.PairValues, Inputs.Numeric, table.Rows, table.RowGradients, Features.Batch.FirstPairGradient(Spec, BatchSize), y));
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

    /// <summary>(B·C, D) field vectors (B, C·D) with a row for each.</summary>
    public Tensor ByField(string name, Tensor vectors) => Reshaped(name, vectors, RowKind.PartOfExample(Spec.C), vectors.Columns / Spec.C, transposed: false);

    /// <summary>(B, n·H) the n rows of each example side by side.</summary>
    public Tensor ByExample(string name, Tensor x) => Reshaped(name, x, RowKind.Batch, x.Columns * (int)(x.Rows / BatchSize), transposed: false);

    /// <summary>(B·D, C) number d of all field vectors (B, C·D) in row d of an example.</summary>
    public Tensor ByDimension(string name, Tensor vectors)
    {
        int dim = vectors.Columns / Spec.C;
        return Reshaped(name, vectors, RowKind.PartOfExample(dim), Spec.C, transposed: true);
    }

    private Tensor Reshaped(string name, Tensor x, RowKind kind, int columns, bool transposed)
    {
        Tensor y = Workspace.Tensor(name, x.Length / columns, columns, gradient: true, kind);
        Append(new Reshape(Device, x, y, transposed));
        return y;
    }

    /// <summary>(B·D, H) Σ_i Σ_j W_hij x_i ∘ v_j.</summary>
    /// <param name="name">Prefix of the parameter's name.</param>
    /// <param name="x">(B·D, I) feature maps.</param>
    /// <param name="v">(B·D, C) field vectors from <see cref="ByDimension"/>.</param>
    /// <param name="maps">H.</param>
    public Tensor CompressedInteraction(string name, Tensor x, Tensor v, int maps)
    {
        Tensor w = Weight($"{name}.weight", maps, checked(x.Columns * v.Columns), deviation: 0), y = Activation(name, maps, x);
        Append(new CompressedInteraction(Workspace, x, v, w, y));
        return y;
    }

    /// <summary>(B, H) sums of the feature maps (B·D, H) over D.</summary>
    public Tensor SumPooling(string name, Tensor maps)
    {
        Tensor y = Activation(name, maps.Columns);
        Append(new SumPooling(Device, maps, y));
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
