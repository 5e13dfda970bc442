using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Loss;
using GpuCtr.Kernels.Ranking;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models.Features;
using static GpuCtr.Models.Features.ModelInputs;

namespace GpuCtr.Models;

/// <summary>Models that predict the next item of a sequence.</summary>
public sealed partial class ModelBuilder
{
    /// <summary>Name of the biases of the items, in models that have them.</summary>
    public const string ItemBias = "out.bias";

    /// <summary>The items that the model predicts; null in a click model.</summary>
    internal ItemOutput? ItemOutput { get; private set; }

    /// <summary>The sequences that it reads.</summary>
    internal BehaviourHistory? ItemHistory { get; private set; }

    /// <summary>(T, D) the items of every sequence with the embeddings of their positions, 0 at the oldest; one table of items, which the output shares (<see cref="ItemSoftmaxLoss"/>).</summary>
    public Sequence ItemSequences()
    {
        Embedding = Table(EmbeddingTableName, Options.EmbeddingDim, Options.EmbeddingInitStd, Control.Rule);
        // There are no fields beside the sequence.
        BehaviourHistory history = History(Workspace.Tensor("no fields", BatchSize, 0), group: 0) with { Predictions = Inputs.Predictions!.Entries };
        ItemHistory = history;
        Tensor positions = Normal("positions", history.MaxLength, history.E);
        Tensor x = Workspace.Tensor("sequence", history.MaxItems, history.E, gradient: true, kind: history.ItemRows);
        Append(new SequenceEmbedding(Workspace, history, positions, x));
        return new Sequence(history, x);
    }

    /// <summary>(M, E) the entries of <paramref name="s"/> at which items are predicted. Record it before ops that read all entries: its gradient is added to theirs.</summary>
    public Tensor EntriesToPredict(string name, Sequence s)
    {
        Tensor y = Workspace.Tensor($"{name} predicted", (long)BatchSize * Spec.MostPredictions, s.Items.Columns, gradient: true, kind: RowKind.Prediction);
        Append(new ItemGather(Device, s.History, s.Items, y));
        return y;
    }

    /// <summary>Makes the cross entropy of softmax_v(⟨h, e_v⟩ + b_v) the loss of the model, over all items v, or over candidates if the spec says so (<see cref="FeatureSpec.Sampling"/>); e are rows of the table; returns h.</summary>
    /// <param name="h">(M, D) states of the entries at which items are predicted.</param>
    /// <param name="bias">Whether there is b, from 0.</param>
    public Tensor ItemSoftmaxLoss(Tensor h, bool bias)
    {
        SoftmaxCrossEntropy.OutputRows items = new(Spec.Items!.First, Spec.Items.Count);
        Tensor? b = bias ? Zeros(ItemBias, items.Count) : null;
        ItemOutput = new(h, Embedding.Weights, items, b);
        if (Trains && Spec.Sampling is { } sampling)
            Loss = Owned(Sampled(h, items, b, sampling));
        else if (Trains)
            Loss = Owned(new SoftmaxCrossEntropy(Workspace, h, Embedding.Weights, items, b, Inputs.Predictions!.Items, Control.Loss));
        return h;
    }

    private SampledSoftmax Sampled(Tensor h, SoftmaxCrossEntropy.OutputRows items, Tensor? bias, SampledItems sampling)
    {
        long[] counts = [.. Enumerable.Range(items.First, items.Count).Select(row => Math.Max(0, rowCounts?[row] ?? 1))];
        // If one item has all occurrences, it is a candidate of every batch.
        double all = Math.Max(1, counts.Sum());
        Tensor shares = Workspace.TrainingTensor("log(1 − f)", 1, items.Count);
        constants.Add(() => shares.Write(Device, [.. counts.Select(n => (float)Math.Max(-1e30, Math.Log(1 - n / all)))]));
        PredictionInputs inputs = Inputs.Predictions!;
        return new(
            Workspace, h, Embedding.Weights, Embedding.RowGradients, Batch.FirstCandidateGradient(Spec, BatchSize), items, bias, shares, inputs.Candidates, inputs.Right, sampling.Draws, Control.Loss);
    }

    private T Owned<T>(T loss) where T : ILoss, IDisposable
    {
        Workspace.OnFree(loss.Dispose);
        return loss;
    }
}
