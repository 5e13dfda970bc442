using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Data.Splits;
using GpuCtr.Models;
using GpuCtr.Models.Features;

namespace GpuCtr.Training.Scoring;

/// <summary>Streams shards through a model: decoded on several threads, scored in row order, with at most one window of rows in memory.</summary>
internal sealed class ScoreRun(FrozenModel model, Dataset data)
{
    private double sum;

    /// <summary>Rows scored so far, including rows that were left out.</summary>
    public long Rows { get; private set; }

    /// <summary>Scores every row and returns the mean score; null if there is none.</summary>
    /// <param name="to">Receives the probabilities in order, and, for a model that ranks lists, the rank of the row in its list, 1 for the best; null for a skipped row.</param>
    /// <param name="progress">Told the number of rows done.</param>
    /// <param name="cancellation">Ends it early.</param>
    /// <exception cref="GpuCtrException">Data or InputOutput from the shards; Data or Numeric: a score is not finite, see <see cref="Dataset.LeaveOut"/>.</exception>
    public double? Run(Action<float?, int?> to, Action<long> progress, CancellationToken cancellation)
    {
        using BatchLoader loader = new(model.Device, model.Spec, model.BatchSize, training: false);
        loader.Start(data.Read(RowPart.All, EpochOrder.Natural));
        float[] logits = new float[model.BatchSize];
        int[] ranks = new int[model.Spec.HasLists ? model.BatchSize : 0];
        while (loader.NextPrepared(cancellation) is { } batch)
        {
            model.Predict(batch, logits);
            int rows = batch.Rows;
            batch.Lists?.Rank(logits, ranks);
            loader.Release(batch);
            for (int i = 0; i < rows; i++)
                Score(logits[i], ranks.Length > 0 ? ranks[i] : null, to);
            Telemetry.Rows("predict", rows);
            progress(Rows);
        }
        SkipBad(to);
        long scored = Rows - data.Statistics.BadRows;
        return scored > 0 ? sum / scored : null;
    }

    private void Score(float logit, int? rank, Action<float?, int?> to)
    {
        SkipBad(to);
        if (!float.IsFinite(logit))
        {
            data.LeaveOut(Rows);
            return;
        }

        float score = Probability.Of(logit);
        sum += score;
        to(score, rank);
        Rows++;
    }

    private void SkipBad(Action<float?, int?> to)
    {
        for (; data.Statistics.IsBad(Rows); Rows++)
            to(null, null);
    }
}
