namespace GpuCtr.Datagen;

/// <summary>AUC: the probability that a clicked row scores above one that was not, ties counting half.</summary>
/// <remarks>AUC = Σ over distinct scores of positives · (negatives below + ½ negatives equal) / (positives · negatives)</remarks>
public static class AreaUnderCurve
{
    /// <summary>Exact, by sorting. Both arrays (rows) are left in order of score.</summary>
    /// <returns>NaN when all labels are the same.</returns>
    public static double BySorting(double[] scores, byte[] labels)
    {
        Array.Sort(scores, labels);
        double below = 0, above = 0, wins = 0;
        for (int i = 0; i < scores.Length;)
        {
            long positives = 0, negatives = 0;
            double score = scores[i];
            for (; i < scores.Length && scores[i] == score; i++)
                (positives, negatives) = (positives + labels[i], negatives + 1 - labels[i]);
            wins += positives * (below + (negatives / 2.0));
            (below, above) = (below + negatives, above + positives);
        }
        return wins / (below * above);
    }

    /// <summary>From counts of both labels in bins of rising score; rows of one bin count as ties.</summary>
    /// <returns>NaN when all labels are the same.</returns>
    public static double ByBins(ReadOnlySpan<long> positives, ReadOnlySpan<long> negatives)
    {
        double below = 0, above = 0, wins = 0;
        for (int bin = 0; bin < positives.Length; bin++)
        {
            wins += positives[bin] * (below + (negatives[bin] / 2.0));
            (below, above) = (below + negatives[bin], above + positives[bin]);
        }
        return wins / (below * above);
    }
}
