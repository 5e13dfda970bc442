using GpuCtr.Kernels;
using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Loss;
using GpuCtr.Kernels.Optimizers;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models.Features;

namespace GpuCtr.Models;

/// <summary>The outputs of <see cref="ModelBuilder.FieldEmbedding"/>.</summary>
/// <param name="Vectors">(B, C·D) concatenated field vectors, categorical fields first.</param>
/// <param name="FirstOrder">(B, 1) bias and linear terms.</param>
/// <param name="Fm">(B, 1) pairwise interactions.</param>
public sealed record EmbeddedFields(Tensor Vectors, Tensor FirstOrder, Tensor Fm);

/// <summary>Records a model: every call reserves an output, creates an op bound to it and appends it to the list.</summary>
public sealed partial class ModelBuilder
{
    private readonly List<Action<Initializer>> initializers = [];
    private int dropouts;

    internal ModelBuilder(Device device, FeatureSpec spec, ModelOptions options, int batchSize)
    {
        (Device, Spec, Options, BatchSize) = (device, spec, options, batchSize);
        Workspace = new Workspace(device);
        Arena = new ParameterArena(Workspace);
        Rule = UpdateRule.Of(options.Optimizer);
        Rows = Workspace.Array<int>("table rows", (long)batchSize * spec.F);
        Numeric = Workspace.Tensor("numeric", batchSize, spec.N);
        Label = Workspace.Tensor("label", batchSize, 1);
        Scalars = Workspace.Array<StepScalars>("step scalars", 1);
        Positions = new SortedPositions(Workspace, Batch.PositionCapacity(spec, batchSize));
        Loss = Workspace.Tensor("loss", 1, 3);
        Guard = new GradientGuard(Workspace, Loss, (float)options.ClipNorm);
    }

    /// <summary>Where the model will run.</summary>
    public Device Device { get; }

    /// <summary>What the model reads.</summary>
    public FeatureSpec Spec { get; }

    /// <summary>What the model computes.</summary>
    public ModelOptions Options { get; }

    /// <summary>B: rows that all buffers are planned for.</summary>
    public int BatchSize { get; }

    internal Workspace Workspace { get; }

    internal ParameterArena Arena { get; }

    internal UpdateRule Rule { get; }

    internal DeviceArray<int> Rows { get; }

    internal Tensor Numeric { get; }

    internal Tensor Label { get; }

    internal Tensor Loss { get; }

    internal DeviceArray<StepScalars> Scalars { get; }

    internal SortedPositions Positions { get; }

    internal GradientGuard Guard { get; }

    internal List<IOp> Ops { get; } = [];

    internal List<EmbeddingTable> Tables { get; } = [];

    internal List<Tensor> RunningStatistics { get; } = [];

    /// <summary>Field vectors of width D, first order and factorization machine over all fields; D = 0 leaves the first order.</summary>
    public EmbeddedFields FieldEmbedding(int dim)
    {
        int fields = Spec.F + Spec.N;
        EmbeddingTable table = Table("embedding", dim), weights = Table("first_order", 1);
        Tensor vectors = Workspace.Tensor("field vectors", BatchSize, fields * dim);
        vectors.Gradient = Workspace.Slice("d field vectors", table.RowGradients, BatchSize, fields * dim);
        Tensor rowWeights = Workspace.Tensor("field weights", 0, fields);
        rowWeights.Gradient = Workspace.Slice("d field weights", weights.RowGradients, BatchSize, fields);
        EmbeddedFields outputs = new(vectors, Activation("first order", 1), Activation("fm", 1));
        Ops.Add(new FieldEmbedding(Workspace, new FieldEmbeddingTensors(
            Rows, Numeric, table.Weights, weights.Weights,
            Normal("numeric.vectors", Spec.N, dim), Normal("numeric.weights", 1, Spec.N), Zeros("bias", 1),
            vectors, rowWeights, outputs.FirstOrder, outputs.Fm, Options.FmNumeric)));
        return outputs;
    }

    /// <summary>y = x Wᵀ (+ b), rectified where asked. Weights Xavier normal, bias 0.</summary>
    /// <param name="name">Prefix of the parameters' names.</param>
    /// <param name="x">(B, K).</param>
    /// <param name="units">N.</param>
    /// <param name="relu">Rectify.</param>
    /// <param name="bias">Add a bias.</param>
    public Tensor Linear(string name, Tensor x, int units, bool relu = false, bool bias = true)
    {
        Tensor w = Arena.Reserve($"{name}.weight", units, x.Columns, decays: Options.L2 > 0);
        initializers.Add(i => i.XavierNormal(w));
        Tensor? b = bias ? Zeros($"{name}.bias", units) : null;
        Tensor y = Activation(name, units);
        Ops.Add(new Linear(Device, x, w, b, y, relu));
        return y;
    }

    /// <summary>Batch normalization, rectified.</summary>
    public Tensor BatchNormRelu(string name, Tensor x)
    {
        Tensor gamma = Arena.Reserve($"{name}.gamma", 1, x.Columns, decays: false), beta = Zeros($"{name}.beta", x.Columns);
        Tensor mean = Statistic($"{name}.running_mean", x.Columns), variance = Statistic($"{name}.running_var", x.Columns);
        initializers.Add(i => { i.Constant(gamma, 1); i.Constant(variance, 1); });
        Tensor y = Activation(name, x.Columns);
        Ops.Add(new BatchNorm(Workspace, x, gamma, beta, mean, variance, y, relu: true));
        return y;
    }

    /// <summary>Drops values with the probability of the options; x itself where that is 0.</summary>
    public Tensor Dropout(string name, Tensor x)
    {
        if (Options.Dropout == 0)
            return x;
        Tensor y = Activation(name, x.Columns);
        Ops.Add(new Dropout(Workspace, x, y, Scalars, Kernels.Dense.Dropout.Stream.Of(dropouts++, Options.Seed, Options.Dropout)));
        return y;
    }

    /// <summary>Hidden layers (linear, batch normalization where asked, rectifier, dropout) and a last linear layer to one value.</summary>
    /// <param name="x">(B, K).</param>
    /// <param name="outputBias">Whether the last layer has a bias; a model with a bias of its own needs none.</param>
    public Tensor Mlp(Tensor x, bool outputBias = false)
    {
        for (int layer = 0; layer < Options.HiddenUnits.Count; layer++)
        {
            string name = $"mlp.{layer}";
            x = Options.BatchNorm
                ? BatchNormRelu($"{name}.norm", Linear(name, x, Options.HiddenUnits[layer], bias: false))
                : Linear(name, x, Options.HiddenUnits[layer], relu: true);
            x = Dropout($"{name}.dropout", x);
        }
        return Linear("mlp.out", x, 1, bias: outputBias);
    }

    /// <summary>Sum of two or three tensors of one shape.</summary>
    public Tensor Add(params Tensor[] terms)
    {
        Tensor y = Activation("sum", terms[0].Columns);
        Ops.Add(new Add(Device, y, terms));
        return y;
    }

    internal void Initialize(ulong seed)
    {
        Initializer initializer = new(Device, seed);
        foreach (Action<Initializer> initialize in initializers)
            initialize(initializer);
    }

    private EmbeddingTable Table(string name, int columns)
    {
        EmbeddingTable table = new(
            Workspace, name, Spec.TotalRows, columns, Batch.GradientRows(Spec, BatchSize), Positions,
            new TableOptions(Options.EmbeddingUpdate, (float)Options.EmbeddingL2, Options.EmbeddingL2Full), Rule, Scalars, Guard);
        Tables.Add(table);
        initializers.Add(i =>
        {
            i.Normal(table.Weights, Options.EmbeddingInitStd);
            // Row 0 of every vocabulary is padding: zero, and never trained.
            foreach (int offset in Spec.Offsets())
                table.Weights.Write(Device, new float[columns], (long)offset * columns);
        });
        return table;
    }

    private Tensor Activation(string name, int columns) => Workspace.Tensor(name, BatchSize, columns, gradient: true);

    private Tensor Zeros(string name, int columns) => Arena.Reserve(name, 1, columns, decays: false);

    private Tensor Normal(string name, long rows, int columns)
    {
        Tensor t = Arena.Reserve(name, rows, columns, decays: false);
        initializers.Add(i => i.Normal(t, Options.EmbeddingInitStd));
        return t;
    }

    private Tensor Statistic(string name, int columns)
    {
        Tensor t = Workspace.Tensor(name, 1, columns);
        RunningStatistics.Add(t);
        return t;
    }
}
