using GpuCtr.Kernels;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Loss;
using GpuCtr.Kernels.Ranking;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models.Features;

namespace GpuCtr.Models;

/// <summary>Evaluates the predictions of a batch of a model that predicts items: ranks, the best items, or the scores of candidates. The scores of all items are never stored.</summary>
/// <remarks>Calls are serialized, also with those of the model itself. Dispose it before its model.</remarks>
public sealed class ItemRanking : IDisposable
{
    private readonly RecordedModel model;
    private readonly Func<Batch, Pass> forward;
    private readonly Workspace workspace;
    private readonly SoftmaxCrossEntropy.OutputRows rows;
    private readonly DeviceArray<int> ranks, items, candidates;
    private readonly Tensor values, scores;
    private readonly ItemRanks? rank;
    private readonly TopItems? top;
    private readonly CandidateScores? score;

    /// <param name="model">The model, which may be trained on between calls.</param>
    /// <param name="questions">The results that will be requested for a batch.</param>
    /// <exception cref="KernelException">The model predicts no items.</exception>
    /// <exception cref="DeviceException">The device has too little memory.</exception>
    public ItemRanking(TrainableModel model, Questions questions)
        : this(model.Recorded.Model, questions, batch =>
        {
            model.Recorded.Deferred.Apply();
            return model.Recorded.Model.Forward(batch, frozen: false);
        })
    {
    }

    /// <inheritdoc cref="ItemRanking(TrainableModel, Questions)"/>
    public ItemRanking(FrozenModel model, Questions questions)
        : this(model.Recorded, questions, batch => model.Recorded.Forward(batch, frozen: true))
    {
    }

    private ItemRanking(RecordedModel model, Questions questions, Func<Batch, Pass> forward)
    {
        (this.model, this.forward) = (model, forward);
        ItemOutput output = model.ItemOutput ?? throw new KernelException("the model predicts clicks, not items");
        rows = output.Rows;
        int most = checked((int)output.H.Rows);
        var own = questions.LeaveOutSequence ? model.ItemHistory : null;
        workspace = new(model.Device, training: false, nameof(ItemRanking));
        (Top, Candidates) = (questions.Top, questions.Candidates);
        (ranks, items, candidates) = (workspace.Array<int>("ranks", questions.Ranks ? most : 0), workspace.Array<int>("best items", (long)most * Top), workspace.Array<int>("candidates", (long)most * Candidates));
        (values, scores) = (workspace.Tensor("scores of the best", most, Top), workspace.Tensor("scores of candidates", most, Candidates));
        rank = questions.Ranks ? new(workspace, output, model.Inputs.Predictions!.Items, ranks, own) : null;
        top = Top > 0 ? new(workspace, output, items, values, own) : null;
        score = Candidates > 0 ? new(model.Device, output, candidates, scores) : null;
        try
        {
            workspace.Allocate();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The results that can be requested for a batch.</summary>
    /// <param name="Ranks">Ranks.</param>
    /// <param name="Top">K of the best items; 0: none.</param>
    /// <param name="Candidates">C of the candidates; 0: none.</param>
    /// <param name="LeaveOutSequence">Ranks and best items do not count the items of a row's own sequence; the item that is right always counts.</param>
    public readonly record struct Questions(bool Ranks = false, int Top = 0, int Candidates = 0, bool LeaveOutSequence = false);

    /// <summary>K.</summary>
    public int Top { get; }

    /// <summary>C.</summary>
    public int Candidates { get; }

    /// <summary>Ranks of the correct items, 1 for the best, among all items (ties and NaN: see <see cref="ItemRanks"/>).</summary>
    /// <param name="batch">A prepared batch with the correct items; an item outside the vocabulary gets the last rank.</param>
    /// <param name="ranks">(M) receives them.</param>
    /// <exception cref="InvalidOperationException">Ranks are not among the <see cref="Questions"/>.</exception>
    public void RanksOf(Batch batch, Span<int> ranks)
    {
        ItemRanks op = rank ?? throw NotAsked("ranks");
        using RecordedModel.Call call = model.Enter();
        Pass pass = forward(batch);
        op.Run(pass);
        Read(this.ranks, ranks[..batch.Predictions!.Count]);
    }

    /// <summary>The K items with the highest scores, best first; of equal scores, the smaller row.</summary>
    /// <param name="batch">A prepared batch; its correct items are not read.</param>
    /// <param name="items">(M · K) receives table rows; −1 where there are fewer items.</param>
    /// <param name="scores">(M · K) receives their scores.</param>
    /// <exception cref="InvalidOperationException">Best items are not among the <see cref="Questions"/>.</exception>
    public void TopOf(Batch batch, Span<int> items, Span<float> scores)
    {
        TopItems op = top ?? throw NotAsked("best items");
        using RecordedModel.Call call = model.Enter();
        Pass pass = forward(batch);
        op.Run(pass);
        int count = batch.Predictions!.Count * Top;
        Read(this.items, items[..count]);
        Read(values, scores[..count]);
    }

    /// <summary>Number of items in a row of <see cref="TopOf"/>.</summary>
    /// <param name="items">(K) of the row.</param>
    public static int CountOf(ReadOnlySpan<int> items) => items.IndexOf(-1) is var end && end < 0 ? items.Length : end;

    /// <summary>The scores of given items.</summary>
    /// <param name="batch">A prepared batch; its correct items are not read.</param>
    /// <param name="candidates">(M · C) table rows; −1: no candidate, with the score −∞.</param>
    /// <param name="scores">(M · C) receives the scores.</param>
    /// <exception cref="ArgumentException">A candidate is no item.</exception>
    /// <exception cref="InvalidOperationException">Candidates are not among the <see cref="Questions"/>.</exception>
    public void ScoresOf(Batch batch, ReadOnlySpan<int> candidates, Span<float> scores)
    {
        CandidateScores op = score ?? throw NotAsked("candidates");
        int count = batch.Predictions!.Count * Candidates;
        foreach (int candidate in candidates[..count])
            if (candidate != -1 && (uint)(candidate - rows.First) >= (uint)rows.Count)
                throw new ArgumentException($"candidate {candidate} is not an item: items are rows {rows.First} to {rows.First + rows.Count - 1} of the table, and -1 means none");
        using RecordedModel.Call call = model.Enter();
        this.candidates.Write(model.Device, candidates[..count]);
        Pass pass = forward(batch);
        op.Run(pass);
        Read(this.scores, scores[..count]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        rank?.Dispose();
        top?.Dispose();
        workspace.Dispose();
    }

    private void Read<T>(DeviceArray<T> from, Span<T> to) where T : unmanaged
    {
        model.Device.Copies?.Read();
        from.Read(model.Device, to);
    }

    private static InvalidOperationException NotAsked(string what) => new($"{what} are not among the questions that this {nameof(ItemRanking)} was made for");
}
