using System.Collections.Immutable;
using GpuCtr.Kernels;
using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Optimizers;
using GpuCtr.Kernels.Ranking;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models.Features;

namespace GpuCtr.Models;

/// <summary>What a <see cref="ModelBuilder"/> built: an immutable list of ops, bound to buffers that are planned and allocated once.</summary>
/// <remarks>Calls from several threads are serialized (<see cref="Enter"/>).</remarks>
internal sealed class RecordedModel : IDisposable
{
    private readonly ImmutableArray<Action> constants;
    private readonly ImmutableArray<Action<Initializer>> initializers;
    private readonly Lock turn;

    /// <param name="g">What was recorded.</param>
    /// <param name="output">The computed tensor: the logit of a model.</param>
    /// <param name="constants">Write constants that the ops read.</param>
    /// <param name="initializers">Write the first weights.</param>
    public RecordedModel(ModelBuilder g, Tensor output, IEnumerable<Action> constants, IEnumerable<Action<Initializer>> initializers)
    {
        (Device, Spec, Options, BatchSize) = (g.Device, g.Columns, g.Options, g.BatchSize);
        (Workspace, Inputs, Control, Arena, Embedding, Output) = (g.Workspace, g.Inputs, g.Control, g.Arena, g.Embedding, output);
        (Ops, Tables, RunningStatistics, AuxiliaryLosses) = ([.. g.Ops], [.. g.Tables], [.. g.RunningStatistics], [.. g.AuxiliaryLosses]);
        (ItemOutput, ItemHistory, Hidden) = (g.ItemOutput, g.ItemHistory, g.Hidden);
        (this.constants, this.initializers) = ([.. constants], [.. initializers]);
        turn = Device.ServesThreads ? new Lock() : Device.Turn;
    }

    /// <summary>Records a model for prediction.</summary>
    /// <exception cref="KernelException">The options do not fit together.</exception>
    public static RecordedModel Of(Device device, FeatureSpec spec, ModelOptions options, int batchSize) =>
        ModelBuilder.Record(new ModelBuilder(device, spec, options, batchSize, training: false), g => g.Build(ModelCatalog.Record(g)));

    public Device Device { get; }

    public FeatureSpec Spec { get; }

    public ModelOptions Options { get; }

    /// <summary>B: rows that all buffers are planned for.</summary>
    public int BatchSize { get; }

    /// <summary>The plan of all buffers, and their memory.</summary>
    public Workspace Workspace { get; }

    /// <summary>What a batch is copied to.</summary>
    public ModelInputs Inputs { get; }

    /// <summary>What ops and tables share in a step.</summary>
    public StepControl Control { get; }

    /// <summary>The ops in the order of a forward pass.</summary>
    public ImmutableArray<IOp> Ops { get; }

    /// <summary>The embedding tables.</summary>
    public ImmutableArray<EmbeddingTable> Tables { get; }

    /// <summary>The table of the field vectors; null if the model has none.</summary>
    public EmbeddingTable? Embedding { get; }

    /// <summary>The dense parameters.</summary>
    public ParameterArena Arena { get; }

    /// <summary>Running means and variances.</summary>
    public ImmutableArray<Tensor> RunningStatistics { get; }

    /// <summary>Losses besides the mean binary cross entropy, each (1, 3).</summary>
    public ImmutableArray<Tensor> AuxiliaryLosses { get; }

    /// <summary>(B, 1) the logits of the last pass; of a model that predicts items, (M, D) the states of the predictions.</summary>
    public Tensor Output { get; }

    /// <summary>(B, H) the last hidden layer of the MLP whose output is a part of the logit; null where a model has none.</summary>
    public Tensor? Hidden { get; }

    /// <summary>The states of the predictions and the items that they are compared with; null in a model of clicks.</summary>
    public ItemOutput? ItemOutput { get; }

    /// <summary>The sequences of such a model.</summary>
    public BehaviourHistory? ItemHistory { get; }

    /// <summary>Everything that prediction needs: tables, dense parameters, running statistics.</summary>
    public IEnumerable<Tensor> Weights => [.. Tables.Select(t => t.Weights), .. Arena.Parameters, .. RunningStatistics];

    /// <summary>Text about the size of a table row, if it is more than one vector of width D; else null.</summary>
    public string? WideRows => Embedding?.Weights.Columns is { } columns && columns > Options.EmbeddingDim
        ? $"an id has {columns} numbers, {columns / Options.EmbeddingDim} vectors of {Options.EmbeddingDim}" : null;

    /// <summary>Whether the device has room for all buffers; they are allocated with the <see cref="Workspace"/>.</summary>
    /// <param name="batchSize">The most rows of a batch, of all ranks together.</param>
    /// <param name="recordFor">Records the same model for another batch size, to find the largest that fits.</param>
    /// <exception cref="DeviceMemoryException">The device has too little memory left; it is untouched.</exception>
    public void CheckMemory(int batchSize, Func<int, RecordedModel> recordFor) => MemoryForecast.Check(Device, Workspace.Plan, WideRows, batchSize, rows =>
    {
        using RecordedModel other = recordFor(rows);
        return other.Workspace.TotalBytes;
    });

    /// <summary>Writes constants that recorded ops read.</summary>
    public void WriteConstants()
    {
        foreach (Action write in constants)
            write();
    }

    /// <summary>Writes constants and the first weights, which are a function of the seed.</summary>
    public void Initialize(ulong seed)
    {
        WriteConstants();
        Initializer initializer = new(Device, seed);
        foreach (Action<Initializer> initialize in initializers)
            initialize(initializer);
    }

    /// <summary>Reads the weights of another recording of the same model, which stay until this one is disposed; before anything is allocated.</summary>
    public void Borrow(RecordedModel lender)
    {
        Lifetime.Lease lease = lender.Workspace.Lifetime.Enter();
        Workspace.OnFree(() => lease.Dispose());
        foreach ((EmbeddingTable mine, EmbeddingTable theirs) in Tables.Zip(lender.Tables))
            mine.Weights.Borrow(theirs.Weights);
        Arena.Weights!.Borrow(lender.Arena.Weights!);
        foreach ((Tensor mine, Tensor theirs) in RunningStatistics.Zip(lender.RunningStatistics))
            mine.Borrow(theirs);
    }

    /// <summary>Enters a call: calls of other threads wait, and the model is not freed before the call ends.</summary>
    /// <exception cref="ObjectDisposedException">The model is disposed, or its device.</exception>
    public Call Enter() => new(this);

    /// <summary>Copies a prepared batch to the device, and the scalars of its step. The slot may be filled again on return.</summary>
    /// <exception cref="KernelException">The batch was made for another model.</exception>
    /// <exception cref="InvalidOperationException">The batch is not prepared, or was changed since.</exception>
    public void Upload(Batch batch)
    {
        if (!batch.IsPrepared)
            throw new InvalidOperationException("rows were added to the batch since Prepare; call Prepare before using it");
        // The layout of ids, lookups and row gradients depends on the slot's capacity and on roles and sizes of its columns.
        if (batch.Capacity != BatchSize || !batch.Spec.HasLayoutOf(Spec))
            throw new KernelException($"a batch of {batch.Capacity} rows and {batch.Spec.C} field vectors{Padding(batch.Spec)} does not fit a model of {BatchSize} rows and {Spec.C}{Padding(Spec)}{(batch.Spec.C == Spec.C ? ", or its columns differ" : "")}; make it from the model's Spec and BatchSize");
        Device.Copies?.Begin();
        Inputs.Swap();
        batch.Upload(Device, Inputs);
        Control.NextScalars.Copy(Device, Control.Scalars, 1);
        Device.Copies?.End();
        Inputs.Exchange?.Ask(batch.Places);
    }

    /// <summary>Fetches the table rows of the batch to the place where ops read them.</summary>
    public void FetchRows()
    {
        foreach (EmbeddingTable table in Tables)
            table.Fetch();
    }

    /// <summary>Uploads a prepared batch and computes its logits, or the states of its predictions, with running statistics and without dropout.</summary>
    public void Predict(Batch batch, Span<float> output, bool frozen)
    {
        Pass pass = Forward(batch, frozen);
        Device.Copies?.Read();
        Span<float> read = output[..(pass.RowsOf(Output) * Output.Columns)];
        Output.Read(Device, read);
        // Training uses the logit for the sampled rows, without the correction.
        if (Options.LogitShift() is var shift and not 0)
            foreach (ref float logit in read)
                logit += shift;
    }

    /// <summary>Uploads a prepared batch and computes its <see cref="Output"/>, with running statistics and without dropout.</summary>
    public Pass Forward(Batch batch, bool frozen)
    {
        Upload(batch);
        FetchRows();
        Pass pass = new(batch.Rows, Training: false, batch.Tokens, frozen, batch.Slice);
        foreach (IOp op in Ops)
            op.Forward(pass);
        return pass;
    }

    /// <summary>Waits for the running call.</summary>
    public void Dispose()
    {
        lock (turn)
            Workspace.Dispose();
    }

    private static string Padding(FeatureSpec spec) => spec.PadHistories ? ", histories padded," : "";

    public readonly ref struct Call : IDisposable
    {
        private readonly Lock.Scope scope;
        private readonly Lifetime.Lease lease;

        public Call(RecordedModel model)
        {
            scope = model.turn.EnterScope();
            try
            {
                ObjectDisposedException.ThrowIf(model.Device.IsDisposed, model.Device);
                lease = model.Workspace.Lifetime.Enter();
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
}
