using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Data.Splits;
using GpuCtr.Models;
using GpuCtr.Models.Features;

namespace GpuCtr.Training.Scoring;

/// <summary>Streams sequences through a model that predicts items, in row order, and finds the best next items of each.</summary>
/// <param name="model">The model.</param>
/// <param name="data">The sequences.</param>
/// <param name="top">K: most items of a row.</param>
/// <param name="namesSeen">Whether items of the sequence may be among them.</param>
internal sealed class NextItemRun(FrozenModel model, Dataset data, int top, bool namesSeen)
{
    /// <summary>Rows answered so far, including rows that were left out.</summary>
    public long Rows { get; private set; }

    /// <summary>Answers every row.</summary>
    /// <param name="to">Receives the answers in order; null for a skipped row, or a row without items.</param>
    /// <param name="progress">Told the number of rows done.</param>
    /// <param name="cancellation">Ends it early.</param>
    /// <exception cref="GpuCtrException">Data or InputOutput from the shards.</exception>
    public void Run(Action<BestItems?> to, Action<long> progress, CancellationToken cancellation)
    {
        using ItemRanking ranking = new(model, new(Top: top, LeaveOutSequence: !namesSeen));
        using BatchLoader loader = new(model.Device, model.Spec, model.BatchSize, training: false);
        loader.Start(data.Read(RowPart.All with { Sequences = SequencePart.Next }, EpochOrder.Natural));
        int[] items = new int[model.BatchSize * top];
        float[] scores = new float[items.Length];
        while (loader.NextPrepared(cancellation) is { } batch)
        {
            ranking.TopOf(batch, items, scores);
            for (int b = 0, m = 0; b < batch.Rows; b++)
            {
                SkipBad(to);
                to(batch.NextItems[b] == Batch.NoItem ? null : BestOf(items, scores, m++ * top, batch.Sequences[0].TableOffset));
                Rows++;
            }

            Telemetry.Rows("predict", batch.Rows);
            loader.Release(batch);
            progress(Rows);
        }

        SkipBad(to);
    }

    private BestItems BestOf(int[] items, float[] scores, int first, int offset)
    {
        int count = ItemRanking.CountOf(items.AsSpan(first, top));
        return new([.. items.AsSpan(first, count).ToArray().Select(row => row - offset)], scores.AsSpan(first, count).ToArray());
    }

    private void SkipBad(Action<BestItems?> to)
    {
        for (; data.Statistics.IsBad(Rows); Rows++)
            to(null);
    }
}
