using GpuCtr.Data.Batches;
using GpuCtr.Models;
using GpuCtr.Models.Features;

namespace GpuCtr.Training.Scoring;

/// <summary>The state of one call of a <see cref="NextItemModel"/>: a model that shares the weights, a batch of one sequence, and the answer.</summary>
internal sealed class NextItemWorker(FrozenModel model, int top, bool namesSeen) : IDisposable
{
    private readonly ItemRanking ranking = new(model, new(Top: top, LeaveOutSequence: !namesSeen));
    private readonly Batch batch = new(model.Device, model.Spec, model.BatchSize);
    private readonly int[] entries = new int[model.Spec.Sequences[0].MaxLength], items = new int[top];
    private readonly float[] scores = new float[top];
    private int length;

    /// <summary>Starts a sequence of some length; returns the span for the rows of its last entries, as many as the model reads.</summary>
    public Span<int> Begin(int entriesOfSequence)
    {
        length = Math.Min(entriesOfSequence, entries.Length);
        return entries.AsSpan(0, length);
    }

    /// <summary>Finds the best next items of the sequence; returns how many there are.</summary>
    public int Run()
    {
        if (length == 0)
            return 0;
        batch.Rows = 1;
        batch.Sequences[0].Offsets[0] = 0;
        // The one vocabulary begins with the first row of the table.
        ItemPredictions.Read(batch, 0, entries.AsSpan(0, length), isNext: true);
        ItemPredictions.Ask(batch);
        batch.Prepare(training: false);
        ranking.TopOf(batch, items, scores);
        return ItemRanking.CountOf(items);
    }

    /// <summary>Row of the k-th best item.</summary>
    public int ItemAt(int k) => items[k];

    /// <summary>Its score.</summary>
    public float ScoreAt(int k) => scores[k];

    /// <inheritdoc/>
    public void Dispose()
    {
        ranking.Dispose();
        batch.Dispose();
        model.Dispose();
    }
}
