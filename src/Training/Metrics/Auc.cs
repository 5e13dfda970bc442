using GpuCtr.Data;

namespace GpuCtr.Training.Metrics;

/// <summary>Exact area under the ROC curve; rows of equal score count as half won.</summary>
public static class Auc
{
    /// <summary>AUC over all rows; null if only one label occurs or a score is NaN.</summary>
    /// <param name="scores">(rows) any monotone score; the logit is best, because sigmoid creates ties.</param>
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
