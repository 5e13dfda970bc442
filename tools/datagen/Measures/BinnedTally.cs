namespace GpuCtr.Datagen;

/// <summary>Counts labels in 2²⁰ equal bins of probability: any number of rows in 16 MB, AUC within about a millionth.</summary>
public sealed class BinnedTally : IScoreTally
{
    private const int _bins = 1 << 20;

    private readonly long[] _positives = new long[_bins], _negatives = new long[_bins];

    /// <inheritdoc/>
    public void Add(long first, ReadOnlySpan<double> scores, ReadOnlySpan<int> labels)
    {
        for (int i = 0; i < labels.Length; i++)
        {
            int bin = Math.Clamp((int)(scores[i] * _bins), 0, _bins - 1);
            Interlocked.Increment(ref (labels[i] == 1 ? _positives : _negatives)[bin]);
        }
    }

    /// <inheritdoc/>
    public double Auc() => AreaUnderCurve.ByBins(_positives, _negatives);
}
