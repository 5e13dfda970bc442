using GpuCtr.Kernels;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Loss;
using GpuCtr.Kernels.Optimizers;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models.Features;
using GpuCtr.Models.Ranks;

namespace GpuCtr.Models;

/// <summary>A training step of a recorded model: ops forward, loss, ops backward, row gradients summed by row, guard, update.</summary>
internal sealed partial class RecordedStep : IDisposable
{
    private readonly Action launch;
    private Pass pass;

    private RecordedStep(RecordedModel model, ILoss loss, DenseUpdate dense)
    {
        (Model, Loss, Dense) = (model, loss, dense);
        (Deferred, Graph, launch) = (new DeferredUpdates(model), new StepGraph(model.Device), Launch);
        model.Workspace.OnFree(() =>
        {
            model.Device.Wait();
            Graph.Dispose();
        });
    }

    /// <summary>Records a model and its step; <paramref name="record"/> returns the model's output: the logit, unless it defines a loss (<see cref="ModelBuilder.Loss"/>).</summary>
    /// <exception cref="KernelException">The options do not fit together.</exception>
    public static RecordedStep Of(Device device, FeatureSpec spec, ModelOptions options, int batchSize, IReadOnlyList<long>? rowCounts, Func<ModelBuilder, Tensor> record) =>
        ModelBuilder.Record(new ModelBuilder(device, ModelCatalog.Adapt(spec, options, training: true), options, SharedBatch.MostRows(ModelCatalog.RanksLists(options.Model), batchSize, device.Ranks.Size), rowCounts), g =>
        {
            Tensor output = record(g);
            ILoss loss = g.Loss ?? new BinaryCrossEntropy(g.Workspace, output, g.Inputs.Label, g.Control.Loss, g.Inputs.Weight, (float)options.ProbabilityEpsilon);
            RecordedModel model = g.Build(output);
            (Tensor parameters, long decays, GradientGuard guard) = (model.Arena.Weights!, model.Arena.DecayLength, g.Control.Guard);
            DenseUpdate dense = new(g.Workspace, parameters, g.Control.Rule.OfDense, (float)options.L2, decays, isTable: false, g.Control.Scalars, guard.StepFactor);
            guard.Watch(parameters.Gradient!, parameters, (float)options.L2, decays);
            guard.Seal(g.Workspace);
            return new RecordedStep(model, loss, dense);
        });

    /// <summary>The model that is trained.</summary>
    public RecordedModel Model { get; }

    /// <summary>Loss of the batch and its gradient.</summary>
    public ILoss Loss { get; }

    /// <summary>Update of all dense parameters.</summary>
    public DenseUpdate Dense { get; }

    /// <summary>The updates that table rows have missed.</summary>
    public DeferredUpdates Deferred { get; }

    /// <summary>How steps are launched on this device.</summary>
    public StepGraph Graph { get; }

    /// <summary>Runs step <paramref name="number"/>, counted from 1, on a prepared batch.</summary>
    public void Run(Batch batch, int number, double learningRate)
    {
        StartTrace();
        StepControl control = Model.Control;
        control.NextScalars.Span[0] = control.Rule.Scalars(number, learningRate, Model.Options.EmbeddingUpdate == EmbeddingUpdate.Lazy);
        Model.Upload(batch);
        pass = new(batch.Rows, Training: true, batch.Tokens, Slice: batch.Slice);
        Trace("upload");
        if (IsTraced)
            Launch();
        else
            Graph.Run(pass, Model.Inputs.Side, launch);
        Model.Device.Copies?.Read();
        Deferred.StepDone(number);
        if (control.UpdateLog is not null)
            Trace("update", "missed steps");
    }

    /// <summary>Loss and gradients of the batch that is on the device, without moving anything; for tests.</summary>
    public void ForwardBackward(in Pass pass)
    {
        Model.Inputs.SortLookups(pass);
        Backpropagate(pass);
    }

    /// <inheritdoc/>
    public void Dispose() => Model.Dispose();

    /// <summary>Launches the step. Apart from the shape of the batch, nothing here may differ between steps: kernels read what differs from device memory.</summary>
    private void Launch()
    {
        Model.Inputs.SortLookups(pass);
        Trace("sort", "lookups");
        CatchUp();
        Model.FetchRows();
        Backpropagate(pass);
        Update(pass);
        Model.Control.UpdateLog?.Record();
    }

    /// <summary>Rows of the batch make up for the steps that they have missed.</summary>
    private void CatchUp()
    {
        if (Model.Control.UpdateLog is null)
            return;
        foreach (EmbeddingTable table in Model.Tables)
        {
            table.ApplyDeferred();
            Trace("catch up", table.Weights.Name);
        }
    }

    private void Backpropagate(in Pass pass)
    {
        foreach (IOp op in Model.Ops)
        {
            op.Forward(pass);
            Trace("forward", op);
        }
        Loss.Run(pass);
        Trace("loss");
        for (int i = Model.Ops.Length - 1; i >= 0; i--)
        {
            Model.Ops[i].Backward(pass);
            Trace("backward", Model.Ops[i]);
        }
        foreach (EmbeddingTable table in Model.Tables)
        {
            table.Reduce();
            Trace("reduce", table.Weights.Name);
        }
        if (Model.Device.Ranks.Size > 1)
            SumDense();
    }

    /// <summary>Every rank has the gradient of its rows; the sum over ranks is the gradient of the batch, the same on all.</summary>
    private void SumDense()
    {
        Tensor gradient = Model.Arena.Weights!.Gradient!;
        Model.Device.Wait();
        Model.Device.Ranks.AllReduceSum(gradient.Span());
        Trace("sum over ranks", "dense parameters");
    }

    private void Update(in Pass pass)
    {
        Model.Control.Guard.Run();
        Trace("guard");
        foreach (EmbeddingTable table in Model.Tables)
        {
            table.Update();
            Trace("update", table.Weights.Name);
        }
        Dense.Run();
        foreach (IOp op in Model.Ops)
            op.Commit(pass, Model.Control.Guard.StepFactor);
        Trace("update", "dense parameters");
    }
}
