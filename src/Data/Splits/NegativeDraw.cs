using System.Globalization;

namespace GpuCtr.Data.Splits;

/// <summary>Draws the rows with label 0 that are trained on (He et al., ADKDD 2014, section 6.3).</summary>
/// <remarks>Depends only on the seed and the position of the row, so that threads, streams, caches and a resumed run draw the same rows in every epoch; rows that are never trained on are not in the vocabularies either.</remarks>
/// <param name="Rate">The share that is kept.</param>
/// <param name="Seed">Another seed keeps other rows.</param>
public sealed record NegativeDraw(double Rate, ulong Seed)
{
    // Apart from the hash that chooses rows to validate on.
    private const ulong Stream = 0x4E45_4741_5449_5645;

    private readonly ulong threshold = Rate >= 1 ? ulong.MaxValue : (ulong)(Rate * 18446744073709551616.0);

    /// <summary>What the draw depends on.</summary>
    public string Key => string.Create(CultureInfo.InvariantCulture, $"negatives {Rate:R} {Seed}");

    /// <summary>Whether a row with label 0 is kept.</summary>
    /// <param name="shard">Number of its shard.</param>
    /// <param name="row">Its row in the shard.</param>
    public bool Keeps(int shard, long row) => RandomBits.Mix(RandomBits.Mix(Stream ^ RandomBits.Mix(Seed) ^ RandomBits.Mix((ulong)shard + 1)) + (ulong)row) < threshold;
}
