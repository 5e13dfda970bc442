using System.Numerics;

namespace GpuCtr.SoftCuda.Execution.Access;

/// <summary>Which sectors of 32 bytes of a buffer a launch uses.</summary>
internal sealed class Footprint(long bytes)
{
    private readonly ulong[] sectors = new ulong[(bytes + 32 * 64 - 1) / (32 * 64)];
    private long first = long.MaxValue, end;

    /// <summary>32 × sectors.</summary>
    public long Bytes => 32 * sectors.Sum(s => (long)BitOperations.PopCount(s));

    /// <summary>The bytes from the first to behind the last that is used.</summary>
    public (long First, long End) Range => (first, end);

    /// <summary>Adds an access.</summary>
    public void Add(long offset, int count)
    {
        for (long sector = offset >> 5; sector <= offset + count - 1 >> 5; sector++)
            sectors[sector >> 6] |= 1UL << (int)(sector & 63);
        first = Math.Min(first, offset);
        end = Math.Max(end, offset + count);
    }

    /// <summary>Begins anew.</summary>
    public void Clear()
    {
        Array.Clear(sectors);
        (first, end) = (long.MaxValue, 0);
    }
}

/// <summary>What is noted about a buffer with checks on.</summary>
internal sealed class BufferNotes(long bytes)
{
    /// <summary>Who used it last.</summary>
    public Shadow Shadow { get; } = new(bytes);

    /// <summary>What the launch reads.</summary>
    public Footprint Reads { get; } = new(bytes);

    /// <summary>What the launch writes.</summary>
    public Footprint Writes { get; } = new(bytes);

    /// <summary>The launch that used it last.</summary>
    public ulong Launch { get; set; }
}
