namespace GpuCtr.Datagen;

/// <summary>A bijection of the numbers of a given width: turns ranks into ids that do not reveal their rank.</summary>
/// <remarks>x → x · odd and x → x ⊕ (x ≫ h) are both invertible modulo 2ʷ, so no two ranks share an id.</remarks>
public sealed class IdScramble
{
    private readonly int _half;
    private readonly ulong _mask, _offset, _odd1, _odd2;

    /// <summary>A scramble of <paramref name="bits"/>-bit numbers (8 … 63), different for every draw sequence.</summary>
    public IdScramble(int bits, DrawSequence draws)
    {
        _half = (bits + 1) / 2;
        _mask = (1UL << bits) - 1;
        (_offset, _odd1, _odd2) = (draws.Bits(), draws.Bits() | 1, draws.Bits() | 1);
    }

    /// <summary>The id of a rank.</summary>
    public long Id(int rank)
    {
        ulong x = ((ulong)rank + _offset) & _mask;
        x = (x * _odd1) & _mask;
        x ^= x >> _half;
        x = (x * _odd2) & _mask;
        x ^= x >> _half;
        return (long)x;
    }
}
