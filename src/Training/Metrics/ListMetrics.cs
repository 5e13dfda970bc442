namespace GpuCtr.Training.Metrics;

/// <summary>How well scores order the items of lists of which some items were clicked, on average over the lists with a click.</summary>
/// <remarks>
/// Items by falling score, ties in the order shown; y_i = 1 if the item at place i was clicked, n = clicks of the list, m = min(k, n):
/// NDCG@k = Σ_{i≤k} y_i / log₂(i + 1) / Σ_{i≤m} 1 / log₂(i + 1);   AP@k = 1/m Σ_{i≤k} y_i Precision@i, whose mean is MAP@k;   Precision@k = 1/k Σ_{i≤k} y_i, for lists shorter than k too.
/// Nothing is defined for a list without a click: it is left out and counted. Scores that do not depend on the item give the metrics of the order shown.
/// </remarks>
/// <param name="K">k.</param>
/// <param name="Ndcg">Mean NDCG@k; null if no list has a click or a score is NaN.</param>
/// <param name="Map">MAP@k; null likewise.</param>
/// <param name="Precision">Mean Precision@k; null likewise.</param>
/// <param name="ListsUsed">Lists with a click.</param>
/// <param name="ListsLeftOut">Lists without one.</param>
public sealed record ListMetrics(int K, double? Ndcg, double? Map, double? Precision, int ListsUsed, int ListsLeftOut)
{
    /// <summary>The metrics of some lists.</summary>
    /// <param name="scores">(rows) any score; the items of a list are consecutive, in the order shown.</param>
    /// <param name="labels">(rows) above 0: clicked.</param>
    /// <param name="offsets">(lists + 1) list l has rows offsets[l] to offsets[l + 1].</param>
    /// <param name="k">k, at least 1.</param>
    /// <exception cref="ArgumentException">The sizes do not fit, or k is below 1.</exception>
    public static ListMetrics Of(ReadOnlySpan<float> scores, ReadOnlySpan<float> labels, ReadOnlySpan<int> offsets, int k)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        if (scores.Length != labels.Length || offsets.IsEmpty || offsets[0] != 0 || offsets[^1] != scores.Length)
            throw new ArgumentException($"{scores.Length} scores, {labels.Length} labels, lists from {(offsets.IsEmpty ? "nowhere" : $"{offsets[0]} to {offsets[^1]}")}");
        double ndcg = 0, map = 0, precision = 0;
        int used = 0, leftOut = 0;
        bool defined = true;
        for (int list = 0; list + 1 < offsets.Length; list++)
        {
            Range rows = offsets[list]..offsets[list + 1];
            foreach (float score in scores[rows])
                defined &= !float.IsNaN(score);
            if (OfList(ByScore(scores[rows], labels[rows]), k) is not { } values)
            {
                leftOut++;
                continue;
            }
            used++;
            (ndcg, map, precision) = (ndcg + values.Ndcg, map + values.Map, precision + values.Precision);
        }
        return used > 0 && defined
            ? new(k, ndcg / used, map / used, precision / used, used, leftOut)
            : new(k, null, null, null, used, leftOut);
    }

    /// <summary>The labels of a list by descending score; ties keep their order.</summary>
    private static float[] ByScore(ReadOnlySpan<float> scores, ReadOnlySpan<float> labels) =>
        [.. scores.ToArray().Zip(labels.ToArray()).OrderByDescending(row => row.First).Select(row => row.Second)];

    /// <summary>The metrics of the labels of a list, best score first; null without a click.</summary>
    private static (double Ndcg, double Map, double Precision)? OfList(ReadOnlySpan<float> labels, int k)
    {
        int clicks = 0, hits = 0;
        double gain = 0, best = 0, precisions = 0;
        for (int i = 0; i < labels.Length; i++)
        {
            if (!(labels[i] > 0))
                continue;
            clicks++;
            if (clicks <= k)
                best += Discount(clicks);
            if (i >= k)
                continue;
            hits++;
            gain += Discount(i + 1);
            precisions += (double)hits / (i + 1);
        }
        return clicks == 0 ? null : (gain / best, precisions / Math.Min(k, clicks), (double)hits / k);
    }

    private static double Discount(int place) => 1 / Math.Log2(place + 1.0);
}
