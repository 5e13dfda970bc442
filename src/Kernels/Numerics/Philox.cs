namespace GpuCtr.Kernels.Numerics;

/// <summary>Philox4x32-10, a counter-based random generator (Salmon et al., SC 2011): a pure function, equal on every device.</summary>
public static class Philox
{
    internal const uint MultiplierA = 0xD2511F53, MultiplierB = 0xCD9E8D57, WeylA = 0x9E3779B9, WeylB = 0xBB67AE85;
    internal const int Rounds = 10;

    /// <summary>128 random bits.</summary>
    public readonly record struct Block(uint X, uint Y, uint Z, uint W)
    {
        /// <summary>Uniform in 0 … <paramref name="limit"/> − 1. Of 64 bits, so that no number is noticeably likelier than another.</summary>
        public long Below(long limit) => (long)Math.BigMul((ulong)X << 32 | Y, (ulong)limit, out _);
    }

    /// <summary>The block of a counter under a key.</summary>
    public static Block Generate(uint c0, uint c1, uint c2, uint c3, uint key0, uint key1)
    {
        for (int round = 0; round < Rounds; round++)
        {
            ulong a = (ulong)MultiplierA * c0, b = (ulong)MultiplierB * c2;
            uint next0 = (uint)(b >> 32) ^ c1 ^ key0, next2 = (uint)(a >> 32) ^ c3 ^ key1;
            (c1, c3) = ((uint)b, (uint)a);
            (c0, c2) = (next0, next2);
            key0 += WeylA;
            key1 += WeylB;
        }
        return new Block(c0, c1, c2, c3);
    }

    /// <summary>Uniform in (0, 1), never 0 or 1.</summary>
    public static double Unit(uint bits) => (bits + 0.5) * (1.0 / 4294967296.0);
}
