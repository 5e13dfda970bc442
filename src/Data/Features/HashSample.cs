namespace GpuCtr.Data.Features;

/// <summary>
/// A sample of items: those whose hash is below a threshold that halves whenever there are too many. It depends on the items alone, not on
/// their order, and contains either all items of one hash or none.
/// </summary>
internal sealed class HashSample<T>(int capacity)
{
    private readonly List<(ulong Hash, T Item)> kept = [];
    private ulong threshold = ulong.MaxValue;

    /// <summary>The sample.</summary>
    public IReadOnlyList<(ulong Hash, T Item)> Kept => kept;

    /// <summary>Sampled share of all hashes.</summary>
    public double Share => (threshold + 1.0) / (ulong.MaxValue + 1.0);

    /// <summary>Adds an item.</summary>
    public void Add(ulong hash, T item)
    {
        if (hash > threshold)
            return;
        kept.Add((hash, item));
        Shrink();
    }

    /// <summary>Merges the sample of other items.</summary>
    public void Add(HashSample<T> other)
    {
        threshold = Math.Min(threshold, other.threshold);
        kept.AddRange(other.kept);
        kept.RemoveAll(k => k.Hash > threshold);
        Shrink();
    }

    private void Shrink()
    {
        while (kept.Count > capacity)
        {
            threshold >>= 1;
            kept.RemoveAll(k => k.Hash > threshold);
        }
    }
}

/// <summary>A sample of the rows of a column for its quantiles.</summary>
internal sealed class QuantileSample
{
    private const int Capacity = 1 << 16, Parts = 32;
    private readonly HashSample<double> sample = new(Capacity);

    /// <summary>Adds the value of a row.</summary>
    public void Add(int shard, long row, double value) => sample.Add(RandomBits.Mix(RandomBits.Mix((ulong)shard + 1) + (ulong)row), value);

    /// <summary>Merges the sample of other rows.</summary>
    public void Add(QuantileSample other) => sample.Add(other.sample);

    /// <summary>Ascending distinct boundaries that cut the sample into at most 32 parts of about equal size.</summary>
    public double[] Boundaries()
    {
        double[] sorted = [.. sample.Kept.Select(k => k.Item).Order()];
        return sorted.Length == 0 ? [] : [.. Enumerable.Range(1, Parts - 1).Select(i => sorted[(int)((long)i * sorted.Length / Parts)]).Distinct()];
    }
}
