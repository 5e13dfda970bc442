namespace GpuCtr.Engine.Data;

/// <summary>
/// A sample of a column for its quantiles: the rows whose hash is below a threshold that halves whenever there are too many.
/// The sample depends on the rows alone, not on the order in which they come.
/// </summary>
internal sealed class QuantileSample
{
    private const int Capacity = 1 << 16, Parts = 32;
    private readonly List<(ulong Hash, double Value)> kept = [];
    private ulong threshold = ulong.MaxValue;

    public void Add(int shard, long row, double value)
    {
        ulong hash = RandomBits.Mix(RandomBits.Mix((ulong)shard + 1) + (ulong)row);
        if (hash > threshold)
            return;
        kept.Add((hash, value));
        Shrink();
    }

    /// <summary>Adds the sample of other rows.</summary>
    public void Add(QuantileSample other)
    {
        threshold = Math.Min(threshold, other.threshold);
        kept.AddRange(other.kept);
        kept.RemoveAll(k => k.Hash > threshold);
        Shrink();
    }

    /// <summary>Ascending distinct boundaries that cut the sample into at most 32 parts of about equal size.</summary>
    public double[] Boundaries()
    {
        double[] sorted = [.. kept.Select(k => k.Value).Order()];
        return sorted.Length == 0 ? [] : [.. Enumerable.Range(1, Parts - 1).Select(i => sorted[(int)((long)i * sorted.Length / Parts)]).Distinct()];
    }

    private void Shrink()
    {
        while (kept.Count > Capacity)
        {
            threshold >>= 1;
            kept.RemoveAll(k => k.Hash > threshold);
        }
    }
}
