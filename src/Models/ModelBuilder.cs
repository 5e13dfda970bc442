using GpuCtr.Kernels;
using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Loss;
using GpuCtr.Kernels.Optimizers;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models.Features;

namespace GpuCtr.Models;

/// <summary>The outputs of <see cref="ModelBuilder.EmbeddingFm"/>.</summary>
/// <param name="Vectors">(B, C·D) concatenated field vectors, categorical fields first.</param>
/// <param name="FirstOrder">(B, 1) bias and linear terms.</param>
/// <param name="Fm">(B, 1) pairwise interactions.</param>
public sealed record EmbeddedFields(Tensor Vectors, Tensor FirstOrder, Tensor Fm);

/// <summary>Records a model: every call reserves an output, creates an op bound to it and appends it to the list; <see cref="Build"/> returns the recorded model.</summary>
public sealed partial class ModelBuilder
{
    private readonly List<Action<Initializer>> initializers = [];
    private readonly List<Action> constants = [];
    private readonly Tensor? mbaRates;
    private readonly IReadOnlyList<long>? rowCounts;
    private int dropouts;

    internal ModelBuilder(Device device, FeatureSpec spec, ModelOptions options, int batchSize, IReadOnlyList<long>? rowCounts = null, bool training = true)
    {
        (Device, Columns, Spec, Options, BatchSize, Trains) = (device, spec, spec.ByVector(), options, batchSize, training);
        this.rowCounts = rowCounts = rowCounts is null ? null : Columns.CountsByVector(rowCounts);
        spec = Spec;
        if ((Math.Max(spec.C, spec.F) + spec.PairCount + spec.Sequences.Sum(s => (long)s.MaxLength)) * batchSize > int.MaxValue)
            throw new KernelException($"a batch of {batchSize} rows with {spec.C} field vectors, {spec.PairCount} pairs and lists of up to {spec.Sequences.Select(s => s.MaxLength).DefaultIfEmpty(0).Max()} entries makes more than {int.MaxValue} lookups; lower --batch-size or --max-history");
        Workspace = new Workspace(device, training, training ? nameof(TrainableModel) : nameof(FrozenModel));
        Arena = new ParameterArena(Workspace);
        Inputs = new ModelInputs(Workspace, spec, batchSize, training);
        Control = new StepControl(Workspace, Inputs, spec, options);
        if (options.MbaLambda > 0)
        {
            Tensor rates = mbaRates = Workspace.TrainingTensor("mini-batch aware rates", Shards?.OwnRows ?? spec.TotalRows, 1);
            initializers.Add(_ => rates.Write(Device, Enumerable.Range(0, (int)rates.Rows).Select(r => (float)(options.MbaLambda / Math.Max(1, CountOf(Shards?.RowOf(r) ?? r)))).ToArray()));
        }
    }

    /// <summary>The model that <paramref name="build"/> records; if it fails, everything allocated is freed.</summary>
    internal static T Record<T>(ModelBuilder g, Func<ModelBuilder, T> build)
    {
        try
        {
            return build(g);
        }
        catch
        {
            g.Workspace.Dispose();
            throw;
        }
    }

    /// <summary>The model that was recorded; the builder is done.</summary>
    /// <param name="output">(B, 1) its logit.</param>
    internal RecordedModel Build(Tensor output)
    {
        Arena.Seal();
        return new RecordedModel(this, output, constants, initializers);
    }

    /// <summary>The device of the model.</summary>
    public Device Device { get; }

    /// <summary>The inputs of the model as its ops read them (<see cref="FeatureSpec.ByVector"/>).</summary>
    public FeatureSpec Spec { get; }

    /// <summary>What the model reads.</summary>
    internal FeatureSpec Columns { get; }

    /// <summary>What the model computes.</summary>
    public ModelOptions Options { get; }

    /// <summary>B: rows that all buffers are planned for.</summary>
    public int BatchSize { get; }

    /// <summary>False: for prediction only.</summary>
    internal bool Trains { get; }

    internal Workspace Workspace { get; }

    internal ParameterArena Arena { get; }

    internal ModelInputs Inputs { get; }

    internal StepControl Control { get; }

    /// <summary>The loss that the model defines; null: mean cross entropy of its logit with the label.</summary>
    internal ILoss? Loss { get; private set; }

    /// <summary>The table of the field vectors, which histories share; recorded by the first op that reads it.</summary>
    internal EmbeddingTable Embedding { get; private set; } = null!;

    /// <summary>(B, H) the last hidden layer of <see cref="Mlp"/>.</summary>
    internal Tensor? Hidden { get; private set; }

    internal List<IOp> Ops { get; } = [];

    internal List<EmbeddingTable> Tables { get; } = [];

    internal List<Tensor> RunningStatistics { get; } = [];

    /// <summary>Losses besides the mean binary cross entropy, each (1, 3) as <see cref="StepControl.Loss"/>.</summary>
    internal List<Tensor> AuxiliaryLosses { get; } = [];

    /// <summary>y = x Wᵀ (+ b), optionally rectified. Weights Xavier normal, bias 0.</summary>
    /// <param name="name">Prefix of the parameters' names.</param>
    /// <param name="x">(R, K).</param>
    /// <param name="units">N.</param>
    /// <param name="relu">Rectify.</param>
    /// <param name="bias">Add a bias.</param>
    /// <param name="deviation">Standard deviation of new weights, normal; 0 = Xavier normal.</param>
    /// <param name="groups">Layers side by side, each over its part of the columns of x; more than one have no bias.</param>
    public Tensor Linear(string name, Tensor x, int units, bool relu = false, bool bias = true, double deviation = 0, int groups = 1)
    {
        Tensor w = Weight($"{name}.weight", units, x.Columns / groups, deviation);
        Tensor? b = bias ? Zeros($"{name}.bias", units) : null;
        Tensor y = Activation(name, units, x);
        Append(new Linear(Workspace, x, w, b, y, relu, groups));
        return y;
    }

    /// <summary>Reports a loss besides the mean binary cross entropy, whose op starts its own gradients.</summary>
    /// <param name="loss">(1, 3): its value in the last batch; sum over the rows, and their number, since the host last cleared them; without its weight α.</param>
    public void Report(Tensor loss) => AuxiliaryLosses.Add(loss);

    /// <summary>Dropout with the probability of the options; x itself if that is 0.</summary>
    public Tensor Dropout(string name, Tensor x)
    {
        if (Options.Dropout == 0)
            return x;
        Tensor y = Activation(name, x.Columns, x);
        Append(new Dropout(Workspace, x, y, Control.Scalars, NextDropout()));
        return y;
    }

    private Dropout.Stream NextDropout() => Kernels.Dense.Dropout.Stream.Of(dropouts++, Options.Seed, Options.Dropout);

    /// <summary>Hidden layers and a last linear layer to one value.</summary>
    /// <param name="name">Prefix of the parameters' names.</param>
    /// <param name="x">(B, K).</param>
    /// <param name="outputBias">Whether the last layer has a bias; not needed in a model with another bias.</param>
    public Tensor Mlp(string name, Tensor x, bool outputBias)
    {
        Tensor h = HiddenLayers(name, InputNorm(name, x));
        Hidden = Options.HiddenUnits.Count > 0 ? h : null;
        return Linear($"{name}.out", h, 1, bias: outputBias);
    }

    /// <summary>Hidden layers: linear, optional batch normalization, activation, dropout.</summary>
    /// <param name="name">Prefix of the parameters' names.</param>
    /// <param name="x">(B, K).</param>
    /// <param name="units">Their widths; null: those of the options.</param>
    public Tensor HiddenLayers(string name, Tensor x, IReadOnlyList<int>? units = null)
    {
        units ??= Options.HiddenUnits;
        for (int i = 0; i < units.Count; i++)
        {
            string layer = $"{name}.{i}";
            bool relu = Options.Activation == Activations.Relu, norm = Options.BatchNorm;
            x = Linear(layer, x, units[i], relu: relu && !norm, bias: !norm, deviation: Options.HiddenInitStd);
            if (norm)
                x = BatchNorm($"{layer}.norm", x, relu);
            if (!relu)
                x = Activate(layer, x, Options.Activation);
            // The op of batch normalization includes the dropout after its rectifier.
            if (!norm || !relu)
                x = Dropout($"{layer}.dropout", x);
        }
        return x;
    }

    /// <summary>The columns of several tensors side by side; a single tensor is returned as it is.</summary>
    public Tensor Concat(params Tensor[] tensors) => tensors is [Tensor only] ? only : Concat("concat", [.. tensors.Select(Kernels.Dense.Concat.Part.Of)]);

    private Tensor Concat(string name, Kernels.Dense.Concat.Part[] parts)
    {
        Tensor y = Activation(name, parts.Sum(p => p.Columns), parts[0].From);
        Append(new Concat(Device, y, parts));
        return y;
    }

    /// <summary>Sum of two or three tensors of one shape.</summary>
    public Tensor Add(params Tensor[] terms)
    {
        Tensor y = Activation("sum", terms[0].Columns, terms[0]);
        Append(new Add(Device, y, terms));
        return y;
    }

    private T Append<T>(T op) where T : IOp
    {
        Ops.Add(lossOnly ? new LossOnly(op) : op);
        if (op is IDisposable disposable)
            Workspace.OnFree(disposable.Dispose);
        return op;
    }

    private Tensor Activation(string name, int columns, Tensor? like = null) =>
        Activation(name, columns, like?.Rows ?? BatchSize, like?.RowKind ?? RowKind.Batch);

    private Tensor Activation(string name, int columns, long rows, RowKind kind)
    {
        if (!lossOnly)
            return Workspace.Tensor(name, rows, columns, gradient: true, kind);
        Tensor t = Workspace.TrainingTensor(name, rows, columns, kind);
        t.Gradient = Workspace.TrainingTensor($"d {name}", rows, columns, kind);
        return t;
    }
}
