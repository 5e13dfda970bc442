namespace GpuCtr.Data;

/// <summary>SplitMix64 (Steele, Lea, Flood 2014): the same numbers on every machine and in every version.</summary>
internal struct RandomBits(ulong seed)
{
    private ulong state = seed;

    /// <summary>A bijection that scatters nearby numbers over all 64 bits.</summary>
    public static ulong Mix(ulong x)
    {
        x = unchecked(x + 0x9E3779B97F4A7C15UL);
        x = unchecked((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9UL);
        x = unchecked((x ^ (x >> 27)) * 0x94D049BB133111EBUL);
        return x ^ (x >> 31);
    }

    /// <summary>A number from 0 to limit − 1.</summary>
    public int Below(int limit)
    {
        ulong bits = Mix(state);
        state = unchecked(state + 0x9E3779B97F4A7C15UL);
        return (int)Math.BigMul(bits, (ulong)limit, out _);
    }

    /// <summary>Fisher–Yates.</summary>
    public void Shuffle(Span<int> items)
    {
        for (int i = items.Length - 1; i > 0; i--)
        {
            int j = Below(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }
}
