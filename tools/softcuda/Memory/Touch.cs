using System.Numerics;

namespace GpuCtr.SoftCuda.Memory;

/// <summary>Bytes of a buffer that a launch or copy reads or writes.</summary>
/// <param name="Buffer">The buffer.</param>
/// <param name="Low">First byte.</param>
/// <param name="High">Byte behind the last.</param>
/// <param name="Wrote">Whether it writes them.</param>
/// <param name="Words">Which words of 4 bytes between them, 64 a number, from the number that holds <paramref name="Low"/> on; null: all.</param>
public sealed record Touch(Allocation Buffer, long Low, long High, bool Wrote, ulong[]? Words = null)
{
    /// <summary>Bytes of 64 words.</summary>
    public const int GroupBytes = 64 * 4;

    /// <summary>The first byte that both use; null if there is none. Within a word that both use, they use all.</summary>
    public long? FirstCommon(Touch other)
    {
        (long low, long high) = (Math.Max(Low, other.Low), Math.Min(High, other.High));
        for (long at = low; at < high; at = (at / GroupBytes + 1) * GroupBytes)
            if ((Group(at) & other.Group(at)) is var common and not 0
                && Math.Max(low, at / GroupBytes * GroupBytes + 4 * BitOperations.TrailingZeroCount(common)) is var first && first < high)
                return first;
        return null;
    }

    /// <summary>Whether it uses all that another one does.</summary>
    public bool Covers(Touch other)
    {
        if (other.Low < Low || High < other.High)
            return false;
        for (long at = other.Low; at < other.High; at = (at / GroupBytes + 1) * GroupBytes)
            if ((other.Group(at) & ~Group(at)) != 0)
                return false;
        return true;
    }

    // The words of the 64 around a byte. Ends count as bytes, so a word at an end may be in part outside.
    private ulong Group(long at)
    {
        if (Words is not null)
            return Words[at / GroupBytes - Low / GroupBytes];
        long begin = at / GroupBytes * GroupBytes;
        ulong words = ulong.MaxValue;
        if (Low > begin)
            words <<= (int)(Low - begin >> 2);
        if (High < begin + GroupBytes)
            words &= ulong.MaxValue >> 63 - (int)(High - 1 - begin >> 2);
        return words;
    }
}
