using GpuCtr.Data.Inspection;

namespace GpuCtr.Data.Features;

/// <summary>A sample of the rows of a column for its quantiles.</summary>
internal sealed class QuantileSample
{
    private const int Capacity = 1 << 16, Parts = 32;
    private readonly HashSample<double> sample = new(Capacity);

    /// <summary>Takes the value of a row in.</summary>
    public void Add(int shard, long row, double value) => sample.Add(RandomBits.Mix(RandomBits.Mix((ulong)shard + 1) + (ulong)row), value);

    /// <summary>Adds the sample of other rows.</summary>
    public void Add(QuantileSample other) => sample.Add(other.sample);

    /// <summary>Ascending distinct boundaries that cut the sample into at most 32 parts of about equal size.</summary>
    public double[] Boundaries()
    {
        double[] sorted = [.. sample.Kept.Select(k => k.Item).Order()];
        return sorted.Length == 0 ? [] : [.. Enumerable.Range(1, Parts - 1).Select(i => sorted[(int)((long)i * sorted.Length / Parts)]).Distinct()];
    }
}
