using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Optimizers;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Models;

public sealed partial class ModelBuilder
{
    private const string FirstOrderTable = "first_order", NumericWeights = "numeric.weights", VectorWeights = "vector.weights";

    /// <summary>Field vectors of width D, first order and factorization machine over all fields; D = 0 gives only the first order.</summary>
    /// <exception cref="KernelException">The first order reads field vectors, and there are none.</exception>
    public EmbeddedFields EmbeddingFm(int dim)
    {
        if (Options.FirstOrder == FirstOrders.Vectors && dim == 0)
            throw new KernelException($"model '{Options.Model}' has no field vectors for its first order to read");
        return Options.FirstOrder == FirstOrders.Vectors ? OfVectors(dim) : OfWeights(dim);
    }

    /// <summary>Only the field vectors of width D, (B, C·D): categorical fields, numeric fields if they have vectors, multi-valued fields.</summary>
    public Tensor FieldVectors(int dim) => FieldVectors(dim, VectorsAlone);

    /// <summary>The first-order weights of all fields, concatenated, (B, C): the terms that <see cref="EmbeddingFm"/> sums; for numeric fields u_n x_n.</summary>
    /// <exception cref="KernelException">They are trained by FTRL.</exception>
    public Tensor FieldWeights()
    {
        if (Options.FirstOrderFtrl is not null)
            throw new KernelException($"model '{Options.Model}' feeds first-order weights into its layers, which FTRL does not support; leave out --first-order-ftrl");
        EmbeddingTable table = Table(FirstOrderTable, 1, Options.EmbeddingInitStd, Control.Rule);
        return Gather(table, "field weights", Normal(NumericWeights, 1, Numbers.Columns), VectorsAlone);
    }

    /// <summary>Input of an MLP: field vectors, followed by the numbers that have no vectors.</summary>
    public Tensor MlpInput(Tensor vectors) => Spec.N == Spec.NumberFields ? vectors
        : Concat("concat", [Kernels.Dense.Concat.Part.Of(vectors), NumbersFrom(Spec.NumberFields)]);

    /// <summary>first = bias + Σ_f w[row_f] + Σ_n u_n x_n.</summary>
    private EmbeddedFields OfWeights(int dim)
    {
        int fields = Spec.C;
        EmbeddingTable weights = Options.FirstOrderFtrl is { } f
            ? Table(FirstOrderTable, 1, 0, new(OptimizerKind.Ftrl, Alpha: (float)f.Alpha, Beta: (float)f.Beta, L1: (float)f.L1, L2: (float)f.L2))
            : Table(FirstOrderTable, 1, Options.EmbeddingInitStd, Control.Rule);
        Tensor rowWeights = Workspace.Tensor("field weights", 0, fields);
        rowWeights.Gradient = Workspace.Slice("d field weights", weights.RowGradients, BatchSize, fields);
        Tensor first = Activation("first order", 1), fm = Activation("fm", 1), u = Normal(NumericWeights, 1, Spec.NumericVectors ? Spec.NumberFields : Spec.N);
        Tensor vectors = FieldVectors(dim, (table, vectors, numeric) => new EmbeddingFmTensors(
            Inputs.Rows, Numbers, table.Rows, weights.Rows, numeric, Spec.NumericVectors ? u : null, Zeros("bias", 1),
            vectors, rowWeights, first, fm, Options.FmNumeric, PooledLists(Embedding), PooledLists(weights)));
        return new EmbeddedFields(vectors, Spec.N == Spec.NumberFields ? first : Add(first, NumericFirstOrder(Spec.NumericVectors ? Normal(VectorWeights, 1, Spec.VectorNumbers) : u)), fm);
    }

    /// <summary>first = bias + ⟨w, [e_1 … e_C]⟩.</summary>
    private EmbeddedFields OfVectors(int dim)
    {
        Tensor fm = Activation("fm", 1);
        Tensor vectors = FieldVectors(dim, (table, vectors, numeric) => new EmbeddingFmTensors(
            Inputs.Rows, Numbers, table.Rows, null, numeric, null, null, vectors, null, null, fm, Options.FmNumeric, PooledLists(Embedding)));
        return new EmbeddedFields(vectors, Linear("first_order", vectors, 1), fm);
    }

    /// <summary>Σ_n u_n x_n of the numbers without vectors.</summary>
    private Tensor NumericFirstOrder(Tensor u)
    {
        Tensor y = Activation("numeric first order", 1);
        Append(new Linear(Workspace, Spec.NumberFields == 0 ? Inputs.Numeric : Copied("numbers without vectors", NumbersFrom(Spec.NumberFields)), u, null, y, relu: false));
        return y;
    }

    /// <summary>The numbers that have vectors, (B, …).</summary>
    private Tensor Numbers => numbers ??= Spec.NumberFields == Spec.N ? Inputs.Numeric
        : Spec.NumberFields == 0 ? Workspace.Tensor("numbers with vectors", BatchSize, 0)
        : Copied("numbers with vectors", new(Inputs.Numeric, 0, Spec.NumberFields));

    private Concat.Part NumbersFrom(int first) => new(Inputs.Numeric, first, Spec.N - first);

    /// <summary>Some columns of the numbers, as plain values; numbers have no gradient.</summary>
    private Tensor Copied(string name, Concat.Part part)
    {
        Tensor y = Workspace.Tensor(name, BatchSize, part.Columns);
        Append(new Concat(Device, y, part));
        return y;
    }

    private Tensor? numbers;

    private EmbeddingFmTensors VectorsAlone(EmbeddingTable table, Tensor vectors, Tensor numeric) => new(
        Inputs.Rows, Numbers, table.Rows, null, numeric, null, null, vectors, null, null, null, Pooled: PooledLists(table));

    private Tensor FieldVectors(int dim, Func<EmbeddingTable, Tensor, Tensor, EmbeddingFmTensors> bind)
    {
        if ((long)Spec.C * dim > int.MaxValue)
            throw new KernelException($"{Spec.C} field vectors of {dim} numbers are more than {int.MaxValue} in a row; lower --embedding-dim");
        Embedding = Table(EmbeddingTableName, dim, Options.EmbeddingInitStd, Control.Rule);
        return Gather(Embedding, "field vectors", Normal("numeric.vectors", Numbers.Columns, dim), bind);
    }

    /// <summary>(B, C·D) rows of a table of width D.</summary>
    private Tensor Gather(EmbeddingTable table, string name, Tensor numeric, Func<EmbeddingTable, Tensor, Tensor, EmbeddingFmTensors> bind)
    {
        int columns = Spec.C * table.Weights.Columns;
        Tensor vectors = Workspace.Tensor(name, BatchSize, columns);
        vectors.Gradient = Workspace.Slice($"d {name}", table.RowGradients, BatchSize, columns);
        Append(new EmbeddingFm(Workspace, bind(table, vectors, numeric)));
        return vectors;
    }
}
