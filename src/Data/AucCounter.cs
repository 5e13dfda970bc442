namespace GpuCtr.Data;

/// <summary>Exact area under the ROC curve of rows that come in groups of equal score, in ascending order: (pairs won + ½ pairs tied) / (positives · negatives) (Mann and Whitney 1947).</summary>
/// <remarks>Sums are integers, so the result is exact and does not depend on the order of rows with equal scores. Weighted rows: <see cref="WeightedAucCounter"/>.</remarks>
internal struct AucCounter
{
    private Int128 twiceWon;

    /// <summary>Positive rows so far.</summary>
    public long Positives { get; private set; }

    /// <summary>Negative rows so far.</summary>
    public long Negatives { get; private set; }

    /// <summary>The AUC; null while only one label is there.</summary>
    public readonly double? Value => Positives == 0 || Negatives == 0 ? null : (double)twiceWon / (2.0 * Positives * Negatives);

    /// <summary>Adds the rows of one score, which is above all scores before.</summary>
    public void Add(long positives, long negatives)
    {
        twiceWon += (Int128)positives * (2 * Negatives + negatives);
        Positives += positives;
        Negatives += negatives;
    }
}

/// <summary>The same of weighted rows: Σ over pairs of a positive and a negative row w⁺ w⁻ (won or ½ tied) / (Σ w⁺ · Σ w⁻). Integer weights count as that many rows.</summary>
/// <remarks>Sums are doubles: exact for integers up to 2⁵³. Others may round to slightly more than 1.</remarks>
internal struct WeightedAucCounter
{
    private double twiceWon, positives, negatives;

    /// <summary>The AUC; null while only one label is there.</summary>
    public readonly double? Value => positives == 0 || negatives == 0 ? null : Math.Min(1, twiceWon / (2 * positives * negatives));

    /// <summary>Adds the weights of the rows of one score, which is above all scores before.</summary>
    public void Add(double ofPositives, double ofNegatives)
    {
        twiceWon += ofPositives * (2 * negatives + ofNegatives);
        positives += ofPositives;
        negatives += ofNegatives;
    }
}
