namespace GpuCtr.Training.Metrics;

/// <summary>How high the correct item ranks among the candidate items, averaged over predictions.</summary>
/// <remarks>
/// HR@k = share of ranks ≤ k;   NDCG@k = mean of 1 / log₂(rank + 1) if rank ≤ k, else 0, since one item is correct and the best DCG is 1;   MRR = mean of 1 / rank, of all ranks.
/// </remarks>
/// <param name="K">k.</param>
/// <param name="HitRate">HR@k, in the field also called recall@k or hit ratio; null without predictions.</param>
/// <param name="Ndcg">NDCG@k; null without predictions.</param>
/// <param name="Mrr">Mean reciprocal rank; null without predictions.</param>
/// <param name="Predictions">Number of ranks.</param>
public sealed record NextItemMetrics(int K, double? HitRate, double? Ndcg, double? Mrr, int Predictions)
{
    /// <summary>The metrics of some ranks, in any order: the same bits for every order.</summary>
    /// <param name="ranks">(predictions) rank of the right item, 1 for the best.</param>
    /// <param name="k">k, at least 1.</param>
    /// <exception cref="ArgumentException">A rank or k is below 1.</exception>
    public static NextItemMetrics Of(ReadOnlySpan<int> ranks, int k)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        int[] sorted = ranks.ToArray();
        Array.Sort(sorted);
        if (sorted.Length == 0)
            return new(k, null, null, null, 0);
        if (sorted[0] < 1)
            throw new ArgumentException($"rank {sorted[0]}: the best rank is 1", nameof(ranks));
        int hits = 0;
        double gain = 0, reciprocal = 0;
        // Small terms first.
        foreach (int rank in sorted.Reverse())
        {
            reciprocal += 1.0 / rank;
            if (rank > k)
                continue;
            hits++;
            gain += 1 / Math.Log2(rank + 1.0);
        }
        double count = sorted.Length;
        return new(k, hits / count, gain / count, reciprocal / count, sorted.Length);
    }
}
