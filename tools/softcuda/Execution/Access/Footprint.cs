using System.Numerics;
using GpuCtr.SoftCuda.Memory;

namespace GpuCtr.SoftCuda.Execution.Access;

/// <summary>Which words of 4 bytes of a buffer a launch uses.</summary>
internal sealed class Footprint(long bytes)
{
    private readonly ulong[] words = new ulong[(bytes + Touch.GroupBytes - 1) / Touch.GroupBytes];
    private long first = long.MaxValue, end;

    /// <summary>32 × sectors of 32 bytes.</summary>
    public long SectorBytes
    {
        get
        {
            long sectors = 0;
            foreach (ulong group in Used)
                sectors += Sectors(group);
            return 32 * sectors;
        }
    }

    private Span<ulong> Used => first < end ? words.AsSpan()[(int)(first / Touch.GroupBytes)..(int)((end - 1) / Touch.GroupBytes + 1)] : [];

    /// <summary>Adds an access.</summary>
    public void Add(long offset, int count)
    {
        long last = offset + count - 1 >> 2;
        for (long word = offset >> 2; word <= last;)
        {
            int shift = (int)(word & 63), part = (int)Math.Min(64 - shift, last - word + 1);
            words[word >> 6] |= ulong.MaxValue >> 64 - part << shift;
            word += part;
        }
        first = Math.Min(first, offset);
        end = Math.Max(end, offset + count);
    }

    /// <summary>What was added, for the order of streams; null if nothing was.</summary>
    public Touch? Of(Allocation buffer, bool wrote) =>
        first < end ? new(buffer, first, end, wrote, Used.ToArray()) : null;

    /// <summary>Begins anew.</summary>
    public void Clear()
    {
        Used.Clear();
        (first, end) = (long.MaxValue, 0);
    }

    // Eight words are a sector.
    private static long Sectors(ulong words)
    {
        words |= words >> 4;
        words |= words >> 2;
        words |= words >> 1;
        return BitOperations.PopCount(words & 0x0101_0101_0101_0101);
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
