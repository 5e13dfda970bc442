namespace GpuCtr.Datagen;

/// <summary>Random bits addressed by position: bits(i) = mix(key + i · φ), SplitMix64 (Steele et al. 2014).</summary>
/// <remarks>
/// Nothing is carried from one draw to the next, so row i is the same row for any number of shards, threads or
/// rows in a group, and shards can be made in any order.
/// </remarks>
public readonly struct CounterStream
{
    private const ulong _goldenRatio = 0x9E3779B97F4A7C15;

    private readonly ulong _key;

    private CounterStream(ulong key) => _key = key;

    /// <summary>The stream of a seed; everything random in a run descends from it.</summary>
    public static CounterStream FromSeed(ulong seed) => new(Mix(seed + _goldenRatio));

    /// <summary>A stream independent of this one and of its siblings of other numbers.</summary>
    public CounterStream Child(ulong number) => new(Mix(_key ^ Mix(number + 0xD1B54A32D192ED03)));

    /// <summary>64 random bits at position i.</summary>
    public ulong Bits(ulong i) => Mix(_key + ((i + 1) * _goldenRatio));

    /// <summary>Uniform in the open interval (0, 1): never 0, so that its logarithm and its quantile are finite.</summary>
    public double Uniform(ulong i) => ((Bits(i) >> 12) + 0.5) * (1.0 / (1UL << 52));

    private static ulong Mix(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}
