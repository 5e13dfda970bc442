namespace GpuCtr.Data.Inspection;

/// <summary>
/// How well a column alone predicts the label, as an AUC. Label rates are learned from one half of the rows and evaluated on the other: on
/// the same rows, an ID column with a unique value in every row would always look like a leak.
/// </summary>
internal static class SingleColumnAuc
{
    private const long FewestRowsOfALabel = 20;
    private const double PriorRows = 1;

    /// <summary>AUC of the label rate of each value; null if the second half has too few rows of a label.</summary>
    public static double? OfValues(IReadOnlyList<LabelCount> values)
    {
        double negatives = values.Sum(v => (double)v.Negatives0), positives = values.Sum(v => (double)v.Positives0);
        double rate = positives / Math.Max(1, negatives + positives);
        return Auc(values.Select(v => ((v.Positives0 + PriorRows * rate) / (v.Negatives0 + v.Positives0 + PriorRows), v.Negatives1, v.Positives1)));
    }

    /// <summary>AUC of the numbers themselves, ascending or descending, whichever is larger.</summary>
    public static double? OfNumbers(IEnumerable<(double Value, int Label)> rows) =>
        Auc(rows.Select(r => (r.Value, r.Label == 0 ? 1L : 0L, r.Label == 1 ? 1L : 0L))) is { } auc ? Math.Max(auc, 1 - auc) : null;

    private static double? Auc(IEnumerable<(double Score, long Negatives, long Positives)> groups)
    {
        AucCounter counter = default;
        foreach (var tied in groups.GroupBy(g => g.Score).OrderBy(g => g.Key))
            counter.Add(tied.Sum(g => g.Positives), tied.Sum(g => g.Negatives));
        return counter.Negatives < FewestRowsOfALabel || counter.Positives < FewestRowsOfALabel ? null : counter.Value;
    }
}
