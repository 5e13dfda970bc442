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

/// <summary>Records a model: every call reserves an output, creates an op bound to it and appends it to the list.</summary>
public sealed partial class ModelBuilder : IDisposable
{
    private readonly List<Action<Initializer>> initializers = [];
    private readonly List<Action> constants = [];
    private readonly Lock turn;
    private int dropouts;

    internal ModelBuilder(Device device, FeatureSpec spec, ModelOptions options, int batchSize, IReadOnlyList<long>? rowCounts, bool training = true)
    {
        (Device, Spec, Options, BatchSize) = (device, spec, options, batchSize);
        if ((Math.Max(spec.C, spec.F) + spec.Sequences.Sum(s => (long)s.MaxLength)) * batchSize > int.MaxValue)
            throw new KernelException($"a batch of {batchSize} rows with {spec.C} field vectors and lists of up to {spec.Sequences.Select(s => s.MaxLength).DefaultIfEmpty(0).Max()} entries makes more than {int.MaxValue} lookups; lower --batch-size or --max-history");
        Workspace = new Workspace(device, training, training ? nameof(TrainableModel) : nameof(FrozenModel));
        Workspace.OnFree(FreeOps);
        turn = device.ServesThreads ? new Lock() : device.Turn;
        Arena = new ParameterArena(Workspace);
        Rule = UpdateRule.Of(options.Optimizer, (float)options.Momentum);
        Inputs = new ModelInputs(Workspace, spec, batchSize);
        Scalars = Inputs.DoubleBuffer<DeviceArray<StepScalars>, StepScalars>(Workspace.Array<StepScalars>("step scalars", 1));
        NextScalars = new PinnedBuffer<StepScalars>(device, 1);
        Loss = Workspace.Tensor("loss", 1, 3);
        if (options.MbaLambda > 0)
        {
            MbaRates = Workspace.TrainingTensor("mini-batch aware rates", spec.TotalRows, 1);
            initializers.Add(_ => MbaRates.Write(Device, Enumerable.Range(0, spec.TotalRows).Select(r => (float)(options.MbaLambda / Math.Max(1, rowCounts?[r] ?? 1))).ToArray()));
        }
        Guard = new GradientGuard(Workspace, Loss, (float)options.ClipNorm);
        if (options.EmbeddingUpdate == EmbeddingUpdate.Replay && Rule.MovesWithoutGradient)
            Missed = new UpdateLog(Workspace, spec.TotalRows, Rule, Inputs.Positions, Scalars, Guard.Guard);
    }

    /// <summary>The device of the model.</summary>
    public Device Device { get; }

    /// <summary>What the model reads.</summary>
    public FeatureSpec Spec { get; }

    /// <summary>What the model computes.</summary>
    public ModelOptions Options { get; }

    /// <summary>B: rows that all buffers are planned for.</summary>
    public int BatchSize { get; }

    internal Workspace Workspace { get; }

    internal ParameterArena Arena { get; }

    /// <summary>The optimizer of the tables.</summary>
    internal UpdateRule Rule { get; }

    /// <summary>The optimizer of the dense parameters.</summary>
    internal UpdateRule DenseRule => Rule.IsRowwise ? UpdateRule.Of(OptimizerKind.Adagrad) : Rule;

    internal ModelInputs Inputs { get; }

    internal Tensor Loss { get; }

    internal Tensor? MbaRates { get; }

    internal DeviceArray<StepScalars> Scalars { get; }

    /// <summary>The scalars that the next <see cref="Upload"/> copies to <see cref="Scalars"/>.</summary>
    internal PinnedBuffer<StepScalars> NextScalars { get; }

    internal GradientGuard Guard { get; }

    /// <summary>The update log of table rows; null if rows never miss a step.</summary>
    internal UpdateLog? Missed { get; }

    /// <summary>The table of the field vectors, which histories share; recorded by the first op that reads it.</summary>
    internal EmbeddingTable Embedding { get; private set; } = null!;

    /// <summary>Text about the size of a table row, if it is more than one vector of width D; else null.</summary>
    internal string? WideRows => Embedding?.Weights.Columns is { } columns && columns > Options.EmbeddingDim
        ? $"an id has {columns} numbers, {columns / Options.EmbeddingDim} vectors of {Options.EmbeddingDim}" : null;

    internal List<IOp> Ops { get; } = [];

    internal List<EmbeddingTable> Tables { get; } = [];

    internal List<Tensor> RunningStatistics { get; } = [];

    /// <summary>y = x Wᵀ (+ b), optionally rectified. Weights Xavier normal, bias 0.</summary>
    /// <param name="name">Prefix of the parameters' names.</param>
    /// <param name="x">(R, K).</param>
    /// <param name="units">N.</param>
    /// <param name="relu">Rectify.</param>
    /// <param name="bias">Add a bias.</param>
    /// <param name="deviation">Standard deviation of new weights, normal; 0 = Xavier normal.</param>
    public Tensor Linear(string name, Tensor x, int units, bool relu = false, bool bias = true, double deviation = 0)
    {
        Tensor w = Weight($"{name}.weight", units, x.Columns, deviation);
        Tensor? b = bias ? Zeros($"{name}.bias", units) : null;
        Tensor y = Activation(name, units, x);
        Ops.Add(new Linear(Workspace, x, w, b, y, relu));
        return y;
    }

    /// <summary>Dropout with the probability of the options; x itself if that is 0.</summary>
    public Tensor Dropout(string name, Tensor x)
    {
        if (Options.Dropout == 0)
            return x;
        Tensor y = Activation(name, x.Columns, x);
        Ops.Add(new Dropout(Workspace, x, y, Scalars, NextDropout()));
        return y;
    }

    private Dropout.Stream NextDropout() => Kernels.Dense.Dropout.Stream.Of(dropouts++, Options.Seed, Options.Dropout);

    /// <summary>Hidden layers and a last linear layer to one value.</summary>
    /// <param name="name">Prefix of the parameters' names.</param>
    /// <param name="x">(B, K).</param>
    /// <param name="outputBias">Whether the last layer has a bias; a model with a bias of its own needs none.</param>
    public Tensor Mlp(string name, Tensor x, bool outputBias) => Linear($"{name}.out", HiddenLayers(name, x), 1, bias: outputBias);

    /// <summary>Hidden layers: linear, optional batch normalization, activation, dropout.</summary>
    /// <param name="name">Prefix of the parameters' names.</param>
    /// <param name="x">(B, K).</param>
    public Tensor HiddenLayers(string name, Tensor x)
    {
        for (int i = 0; i < Options.HiddenUnits.Count; i++)
        {
            string layer = $"{name}.{i}";
            bool relu = Options.Activation == Activations.Relu, norm = Options.BatchNorm;
            x = Linear(layer, x, Options.HiddenUnits[i], relu: relu && !norm, bias: !norm, deviation: Options.HiddenInitStd);
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

    /// <summary>The concatenated columns of two tensors.</summary>
    public Tensor Concat(Tensor a, Tensor b)
    {
        Tensor y = Activation("concat", a.Columns + b.Columns);
        Ops.Add(new Concat(Device, y, a, b));
        return y;
    }

    /// <summary>Sum of two or three tensors of one shape.</summary>
    public Tensor Add(params Tensor[] terms)
    {
        Tensor y = Activation("sum", terms[0].Columns, terms[0]);
        Ops.Add(new Add(Device, y, terms));
        return y;
    }

    /// <summary>Everything that prediction needs: tables, dense parameters, running statistics.</summary>
    internal IEnumerable<Tensor> Weights => [.. Tables.Select(t => t.Weights), .. Arena.Parameters, .. RunningStatistics];

    /// <summary>Enters a call: calls of other threads wait, and the model is not freed before the call ends.</summary>
    /// <exception cref="ObjectDisposedException">The model is disposed, or its device.</exception>
    internal Call Enter() => new(this);

    internal readonly ref struct Call : IDisposable
    {
        private readonly Lock.Scope scope;
        private readonly Lifetime.Lease lease;

        public Call(ModelBuilder g)
        {
            scope = g.turn.EnterScope();
            try
            {
                ObjectDisposedException.ThrowIf(g.Device.IsDisposed, g.Device);
                lease = g.Workspace.Lifetime.Enter();
            }
            catch
            {
                scope.Dispose();
                throw;
            }
        }

        public void Dispose()
        {
            lease.Dispose();
            scope.Dispose();
        }
    }

    /// <summary>Copies a prepared batch to the device, and the scalars of its step. The slot may be filled again on return.</summary>
    /// <exception cref="KernelException">The batch was made for another model.</exception>
    /// <exception cref="InvalidOperationException">The batch is not prepared, or was changed since.</exception>
    internal void Upload(Batch batch)
    {
        if (!batch.IsPrepared)
            throw new InvalidOperationException("rows were added to the batch since Prepare; call Prepare before using it");
        // The layout of ids, lookups and row gradients depends on the slot's capacity and on roles and sizes of its columns.
        if (batch.Capacity != BatchSize || !batch.Spec.HasLayoutOf(Spec))
            throw new KernelException($"a batch of {batch.Capacity} rows and {batch.Spec.C} field vectors{Padding(batch.Spec)} does not fit a model of {BatchSize} rows and {Spec.C}{Padding(Spec)}{(batch.Spec.C == Spec.C ? ", or its columns differ" : "")}; make it from the model's Spec and BatchSize");
        Device.Copies?.Begin();
        Inputs.Swap();
        batch.Upload(Device, Inputs);
        NextScalars.Copy(Device, Scalars, 1);
        Device.Copies?.End();
    }

    /// <summary>Uploads a prepared batch and computes its logits, with running statistics and without dropout.</summary>
    internal void Predict(Batch batch, Tensor logit, Span<float> logits, bool frozen)
    {
        Upload(batch);
        Pass pass = new(batch.Rows, Training: false, batch.Tokens, frozen);
        foreach (IOp op in Ops)
            op.Forward(pass);
        Device.Copies?.Read();
        logit.Read(Device, logits[..batch.Rows]);
    }

    /// <summary>Waits for the running call.</summary>
    public void Dispose()
    {
        lock (turn)
            Workspace.Dispose();
    }

    private void FreeOps()
    {
        foreach (IDisposable op in Ops.OfType<IDisposable>())
            op.Dispose();
        NextScalars.Dispose();
    }

    /// <summary>Writes constants that recorded ops read.</summary>
    internal void WriteConstants()
    {
        foreach (Action write in constants)
            write();
    }

    internal void Initialize(ulong seed)
    {
        WriteConstants();
        Initializer initializer = new(Device, seed);
        foreach (Action<Initializer> initialize in initializers)
            initialize(initializer);
    }

    private static string Padding(FeatureSpec spec) => spec.PadHistories ? ", histories padded," : "";

    private EmbeddingTable Table(string name, int columns, double deviation, UpdateRule rule)
    {
        EmbeddingTable table = new(
            Workspace, name, Spec.TotalRows, columns, Batch.GradientRows(Spec, BatchSize), Inputs.Positions,
            new TableOptions(Options.EmbeddingUpdate, (float)Options.EmbeddingL2, Options.EmbeddingL2Full, MbaRates, Missed), rule, Scalars, Guard);
        Tables.Add(table);
        initializers.Add(i =>
        {
            i.Normal(table.Weights, deviation);
            // Row 0 of every vocabulary is padding: zero, and never trained.
            foreach (int offset in Spec.Offsets())
                table.Weights.Write(Device, new float[columns], (long)offset * columns);
        });
        return table;
    }

    private Tensor Activation(string name, int columns, Tensor? like = null) =>
        Workspace.Tensor(name, like?.Rows ?? BatchSize, columns, gradient: true, kind: like?.RowKind ?? RowKind.Batch);

    private Tensor Weight(string name, int units, int inputs, double deviation)
    {
        Tensor w = Arena.Reserve(name, units, inputs, decays: Options.L2 > 0);
        initializers.Add(i =>
        {
            if (deviation > 0)
                i.Normal(w, deviation);
            else
                i.XavierNormal(w);
        });
        return w;
    }

    private Tensor Zeros(string name, int columns) => Arena.Reserve(name, 1, columns, decays: false);

    private Tensor Ones(string name, int columns)
    {
        Tensor t = Zeros(name, columns);
        initializers.Add(i => i.Constant(t, 1));
        return t;
    }

    private Tensor Normal(string name, long rows, int columns)
    {
        Tensor t = Arena.Reserve(name, rows, columns, decays: false);
        initializers.Add(i => i.Normal(t, Options.EmbeddingInitStd));
        return t;
    }

    /// <summary>Running mean, initially 0, and running variance, initially 1.</summary>
    private (Tensor Mean, Tensor Variance) RunningMoments(string name, int columns)
    {
        Tensor mean = Workspace.Tensor($"{name}.running_mean", 1, columns), variance = Workspace.Tensor($"{name}.running_var", 1, columns);
        initializers.Add(i => i.Constant(variance, 1));
        RunningStatistics.AddRange([mean, variance]);
        return (mean, variance);
    }
}
