using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Models;
using GpuCtr.Models.Features;

namespace GpuCtr.Training;

/// <summary>Streams sequences through a model of items in the order of the files, and ranks the item that comes behind each among all items but those of the sequence.</summary>
internal sealed class ItemEvaluator(TrainableModel model, BatchLoader loader)
{
    /// <summary>Metrics over the rows of a part.</summary>
    /// <param name="data">The shards.</param>
    /// <param name="part">Which of their rows, and up to which entry.</param>
    /// <param name="progress">Told the number of rows done.</param>
    /// <param name="cancellation">Ends it early.</param>
    /// <exception cref="GpuCtrException">Data or InputOutput.</exception>
    public Evaluation Run(Dataset data, RowPart part, Action<long>? progress = null, CancellationToken cancellation = default)
    {
        using ItemRanking ranking = new(model, new(Ranks: true, LeaveOutSequence: true));
        int[] ranks = new int[data.CountRows(part)];
        int done = 0;
        long rows = 0;
        loader.Start(data.Read(part, EpochOrder.Natural));
        while (loader.NextPrepared(cancellation) is { } batch)
        {
            ranking.RanksOf(batch, ranks.AsSpan(done));
            done += batch.Predictions!.Count;
            rows += batch.Rows;
            Telemetry.Rows("evaluate", batch.Rows);
            loader.Release(batch);
            progress?.Invoke(rows);
        }

        return Evaluation.OfRanks(ranks.AsSpan(0, done), rows - done);
    }
}
