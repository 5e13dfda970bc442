using System.Numerics;

namespace GpuCtr.Data.Inspection;

/// <summary>Number of distinct hashes in 16 KB, to within about 1 % (Flajolet et al. 2007; linear counting where few registers are set).</summary>
internal sealed class HyperLogLog
{
    private const int IndexBits = 14;
    private const int Registers = 1 << IndexBits;
    private readonly byte[] highest = new byte[Registers];

    /// <summary>Takes in a hash whose 64 bits are all random.</summary>
    public void Add(ulong hash)
    {
        int register = (int)(hash >> (64 - IndexBits));
        byte rank = (byte)(BitOperations.LeadingZeroCount((hash << IndexBits) | (1UL << (IndexBits - 1))) + 1);
        if (rank > highest[register])
            highest[register] = rank;
    }

    /// <summary>The estimate.</summary>
    public long Count()
    {
        const double alpha = 0.7213 / (1 + 1.079 / Registers);
        double inverse = 0;
        int empty = 0;
        foreach (byte rank in highest)
        {
            inverse += Math.ScaleB(1, -rank);
            empty += rank == 0 ? 1 : 0;
        }

        double raw = alpha * Registers * Registers / inverse;
        return (long)Math.Round(raw <= 2.5 * Registers && empty > 0 ? Registers * Math.Log((double)Registers / empty) : raw);
    }
}
