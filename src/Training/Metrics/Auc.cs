namespace GpuCtr.Training.Metrics;

/// <summary>
/// Exact area under the ROC curve: (Σ ranks of the positives − P(P+1)/2) / (P·N), tied scores sharing their mean rank
/// (Mann–Whitney).
/// </summary>
public static class Auc
{
    /// <summary>AUC over all rows; null if only one class is there or a score is NaN.</summary>
    /// <param name="scores">(rows) any monotone score; the logit is best, since sigmoid makes ties.</param>
    /// <param name="labels">(rows) 0 or 1.</param>
    public static double? Of(ReadOnlySpan<float> scores, ReadOnlySpan<float> labels)
    {
        if (scores.Length != labels.Length)
            throw new ArgumentException($"{scores.Length} scores, {labels.Length} labels");
        float[] sorted = scores.ToArray(), by = labels.ToArray();
        Array.Sort(sorted, by);
        return OfSorted(sorted, by);
    }

    /// <summary>AUC of rows that are in ascending order of their scores.</summary>
    internal static double? OfSorted(ReadOnlySpan<float> scores, ReadOnlySpan<float> labels)
    {
        // Twice the rank sum is an integer: exact for up to 2^31 rows.
        long positives = 0;
        Int128 twiceRanks = 0;
        for (int start = 0; start < scores.Length;)
        {
            if (float.IsNaN(scores[start]))
                return null;
            int end = start + 1;
            while (end < scores.Length && scores[end] == scores[start])
                end++;
            long here = 0;
            for (int i = start; i < end; i++)
                here += labels[i] > 0 ? 1 : 0;
            twiceRanks += (Int128)here * (start + 1L + end);
            positives += here;
            start = end;
        }

        long negatives = scores.Length - positives;
        if (positives == 0 || negatives == 0)
            return null;
        Int128 twiceWins = twiceRanks - (Int128)positives * (positives + 1);
        return (double)twiceWins / (2.0 * positives * negatives);
    }
}
