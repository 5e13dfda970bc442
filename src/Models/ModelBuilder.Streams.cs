using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Interactions;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Models;

public sealed partial class ModelBuilder
{
    /// <summary>The vectors of some fields side by side, (B, K·D); of a wider column all of its vectors. Record it before ops that read the vectors of all fields: its gradient is added to theirs.</summary>
    /// <param name="name">Name of the tensor.</param>
    /// <param name="vectors">(B, C·D) from <see cref="FieldVectors(int)"/>.</param>
    /// <param name="columns">The columns of the fields.</param>
    /// <exception cref="KernelException">A column is not a field.</exception>
    public Tensor VectorsOf(string name, Tensor vectors, IReadOnlyList<string> columns)
    {
        string[] fields = [.. Spec.FieldNames];
        return VectorsOf(name, vectors, columns.SelectMany(column => fields.Contains(column)
            ? fields.Index().Where(f => f.Item == column).Select(f => f.Index)
            : throw new KernelException($"column '{column}' is not a field of the model; its fields are {string.Join(", ", fields.Distinct())}")));
    }

    private Tensor VectorsOf(string name, Tensor vectors, IEnumerable<int> fields)
    {
        int d = vectors.Columns / Spec.C;
        return Concat(name, [.. fields.Select(field => new Kernels.Dense.Concat.Part(vectors, field * d, d))]);
    }

    /// <summary>(1, D) a trained vector that is the same for all examples, initially as small as an embedding: a layer that is rectified could not move away from zero.</summary>
    public Tensor LearnedVector(string name, int dim) => Normal(name, 1, dim, RowKind.Shared);

    /// <summary>2 σ(g) ∘ x.</summary>
    /// <param name="name">Name of the tensor.</param>
    /// <param name="x">(B, H).</param>
    /// <param name="g">(B, H), or (1, H) for all examples.</param>
    public Tensor FeatureGate(string name, Tensor x, Tensor g)
    {
        Tensor y = Activation(name, x.Columns, x);
        Append(new FeatureGate(Workspace, x, g, y));
        return y;
    }

    /// <summary>(B, 1) Σ_h a_hᵀ W_h b_h, a_h and b_h the h-th parts of the columns of a and b.</summary>
    /// <param name="name">Prefix of the parameter's name; W_h stands in it as its transpose, one after the other.</param>
    /// <param name="a">(B, K).</param>
    /// <param name="b">(B, N).</param>
    /// <param name="heads">H.</param>
    /// <exception cref="KernelException">H does not divide K and N.</exception>
    public Tensor Bilinear(string name, Tensor a, Tensor b, int heads)
    {
        if (a.Columns % heads != 0 || b.Columns % heads != 0)
            throw new KernelException($"--fusion-heads {heads} does not divide the {a.Columns} and {b.Columns} units of the last hidden layers: "
                + $"take {string.Join(", ", Enumerable.Range(1, Math.Min(a.Columns, 64)).Where(h => a.Columns % h == 0 && b.Columns % h == 0))}, or other --hidden-units");
        Tensor y = Activation($"{name}.sum", 1);
        Append(new InnerProducts(Device, Concat(Linear(name, a, b.Columns, bias: false, groups: heads), b), b.Columns, y));
        return y;
    }
}
