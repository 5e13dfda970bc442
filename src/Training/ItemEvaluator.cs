using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Data.Splits;
using GpuCtr.Models;
using GpuCtr.Models.Features;

namespace GpuCtr.Training;

/// <summary>Streams sequences through a model of items in the order of the files, and ranks the next item of each: among all items except those of the sequence, or among candidates.</summary>
internal sealed class ItemEvaluator(TrainableModel model, BatchLoader loader)
{
    /// <summary>The candidates; null: all items.</summary>
    public ItemCandidates? Candidates { get; init; }

    /// <summary>Metrics over the rows of a part.</summary>
    /// <param name="data">The shards.</param>
    /// <param name="part">Which of their rows, and up to which entry.</param>
    /// <param name="progress">Told the number of rows done.</param>
    /// <param name="cancellation">Ends it early.</param>
    /// <exception cref="GpuCtrException">Data or InputOutput.</exception>
    public Evaluation Run(Dataset data, RowPart part, Action<long>? progress = null, CancellationToken cancellation = default)
    {
        // The right item is a candidate too.
        int places = (Candidates?.Most ?? -1) + 1;
        using ItemRanking ranking = new(model, new(Ranks: places == 0, Candidates: places, LeaveOutSequence: true));
        int[] ranks = new int[data.CountRows(part)];
        int done = 0;
        long rows = 0;
        loader.Start(data.Read(part, EpochOrder.Natural));
        while (loader.NextPrepared(cancellation) is { } batch)
        {
            Span<int> of = ranks.AsSpan(done, batch.Predictions!.Count);
            if (Candidates is null)
                ranking.RanksOf(batch, of);
            else
                RankAmong(Candidates, ranking, batch, of, () => NextRow(data, ref rows));
            done += of.Length;
            rows += Candidates is null ? batch.Rows : 0;
            Telemetry.Rows("evaluate", batch.Rows);
            loader.Release(batch);
            progress?.Invoke(rows);
        }

        return Evaluation.OfRanks(ranks.AsSpan(0, done), rows - done);
    }

    /// <summary>The number of the next row of the files that was not left out.</summary>
    private static long NextRow(Dataset data, ref long rows)
    {
        while (data.Statistics.IsBad(rows))
            rows++;
        return rows++;
    }

    private static void RankAmong(ItemCandidates from, ItemRanking ranking, Batch batch, Span<int> ranks, Func<long> nextRow)
    {
        int places = ranking.Candidates;
        int[] items = new int[ranks.Length * places];
        float[] scores = new float[items.Length];
        for (int b = 0, m = 0; b < batch.Rows; b++)
        {
            long row = nextRow();
            if (batch.NextItems[b] != Batch.NoItem)
                FillRow(from, batch, b, row, batch.Predictions!.Items[m], items.AsSpan(m++ * places, places));
        }

        ranking.ScoresOf(batch, items, scores);
        for (int m = 0; m < ranks.Length; m++)
            ranks[m] = RankOf(items.AsSpan(m * places, places), scores.AsSpan(m * places, places));
    }

    /// <summary>The correct item, then the others; −1 for candidates that are not in the vocabulary or equal the correct item.</summary>
    private static void FillRow(ItemCandidates from, Batch batch, int b, long row, int right, Span<int> places)
    {
        BatchSequence sequence = batch.Sequences[0];
        ItemIds known = batch.Spec.Items!;
        places.Fill(-1);
        places[0] = known.Has(right) ? right : -1;
        int count = from.Fill(row, sequence.TableRows[sequence.Offsets[b]..sequence.Offsets[b + 1]], right, places[1..]);
        foreach (ref int place in places.Slice(1, count))
            place = known.Has(place) && place != right ? place : -1;
    }

    /// <summary>1 + the number of candidates whose score is not lower than that of the correct item; last if the correct item is not in the vocabulary.</summary>
    private static int RankOf(ReadOnlySpan<int> items, ReadOnlySpan<float> scores)
    {
        int rank = 1;
        for (int i = 1; i < items.Length; i++)
        {
            if (items[i] >= 0 && (items[0] < 0 || !(scores[i] < scores[0])))
                rank++;
        }

        return rank;
    }
}
