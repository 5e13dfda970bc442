namespace GpuCtr.SoftCuda.Execution.Counting;

/// <summary>Counts requests of warps to shared memory, and how often the 32 banks of 4 bytes must be read or written for them.</summary>
/// <remarks>Accesses of 8 and 16 bytes go by halves and quarters of a warp. A word that several lanes use counts once (CUDA C++ Programming Guide, "Shared Memory").</remarks>
internal sealed unsafe class BankCount
{
    private const int Banks = 32;

    private readonly ulong[] words = new ulong[Banks * Lanes.Count];
    private readonly int[] used = new int[Banks];

    /// <summary>Requests.</summary>
    public long Requests { get; private set; }

    /// <summary>Passes over the banks.</summary>
    public long Passes { get; private set; }

    /// <summary>Passes that would not be there without conflicts.</summary>
    public long Conflicts { get; private set; }

    /// <summary>Adds a request.</summary>
    public void Add(ulong* addresses, uint lanes, int bytes, bool sideBySide)
    {
        Requests++;
        if (sideBySide)
        {
            Passes += Math.Max(1, bytes / 4);
            return;
        }
        int together = bytes <= 4 ? Lanes.Count : Lanes.Count * 4 / bytes;
        uint part = together == Lanes.Count ? Lanes.All : (1u << together) - 1;
        for (int first = 0; first < Lanes.Count; first += together)
        {
            int passes = PassesOf(addresses, lanes & part << first, bytes);
            Passes += passes;
            Conflicts += Math.Max(0, passes - 1);
        }
    }

    private int PassesOf(ulong* addresses, uint lanes, int bytes)
    {
        Array.Clear(used);
        int passes = 0;
        for (; lanes != 0; lanes &= lanes - 1)
        {
            ulong address = addresses[Lanes.First(lanes)];
            for (ulong word = address >> 2; word <= address + (ulong)bytes - 1 >> 2; word++)
                passes = Math.Max(passes, Use(word));
        }
        return passes;
    }

    private int Use(ulong word)
    {
        int bank = (int)(word % Banks);
        Span<ulong> known = words.AsSpan(bank * Lanes.Count, used[bank]);
        if (!known.Contains(word))
            words[bank * Lanes.Count + used[bank]++] = word;
        return used[bank];
    }
}
