using GpuCtr.Data;

namespace GpuCtr.Training.Metrics;

/// <summary>Exact area under the ROC curve; rows of equal score count as half won.</summary>
public static class Auc
{
    /// <summary>AUC over all rows; null if only one label occurs, a label is a share between 0 and 1, or a score is NaN.</summary>
    /// <param name="scores">(rows) any monotone score; the logit is best, because sigmoid creates ties.</param>
    /// <param name="labels">(rows) 0 or 1.</param>
    /// <param name="weights">(rows) what a row counts; empty: 1.</param>
    public static double? Of(ReadOnlySpan<float> scores, ReadOnlySpan<float> labels, ReadOnlySpan<float> weights = default)
    {
        if (labels.ContainsAnyExcept(0f, 1f))
            return null;
        if (weights.Length > 0)
            return OfWeighted(scores, labels, weights);
        if (scores.Length != labels.Length)
            throw new ArgumentException($"{scores.Length} scores, {labels.Length} labels");
        float[] sorted = scores.ToArray(), by = labels.ToArray();
        Array.Sort(sorted, by);
        return OfSorted(sorted, by);
    }

    private static double? OfWeighted(ReadOnlySpan<float> scores, ReadOnlySpan<float> labels, ReadOnlySpan<float> weights)
    {
        float[] sorted = scores.ToArray();
        int[] rows = [.. Enumerable.Range(0, sorted.Length)];
        Array.Sort(sorted, rows);
        WeightedAucCounter counter = default;
        for (int start = 0, end; start < rows.Length; start = end)
        {
            if (float.IsNaN(sorted[start]))
                return null;
            double positives = 0, negatives = 0;
            for (end = start; end < rows.Length && sorted[end] == sorted[start]; end++)
            {
                positives += labels[rows[end]] > 0 ? weights[rows[end]] : 0;
                negatives += labels[rows[end]] > 0 ? 0 : weights[rows[end]];
            }
            counter.Add(positives, negatives);
        }

        return counter.Value;
    }

    /// <summary>AUC of rows that are in ascending order of their scores.</summary>
    internal static double? OfSorted(ReadOnlySpan<float> scores, ReadOnlySpan<float> labels)
    {
        AucCounter counter = default;
        for (int start = 0; start < scores.Length;)
        {
            if (float.IsNaN(scores[start]))
                return null;
            int end = start;
            long positives = 0;
            for (; end < scores.Length && scores[end] == scores[start]; end++)
                positives += labels[end] > 0 ? 1 : 0;
            counter.Add(positives, end - start - positives);
            start = end;
        }

        return counter.Value;
    }
}
