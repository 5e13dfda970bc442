using GpuCtr.SoftCuda.Execution.Counting;
using GpuCtr.SoftCuda.Memory;

namespace GpuCtr.SoftCuda.Execution.Access;

/// <summary>What loads and stores of a state space have to themselves.</summary>
internal abstract unsafe class MemorySpace
{
    /// <summary>The buffer that holds an address, or the last one before it; null before the first.</summary>
    public abstract Allocation? Find(Warp warp, ulong address);

    /// <summary>Turns the addresses of a kernel into those of buffers.</summary>
    public virtual void Translate(Warp warp, ulong* addresses)
    {
    }

    /// <summary>Adds a request to the counts of the launch.</summary>
    /// <param name="warp">Whose.</param>
    /// <param name="addresses">Of the lanes.</param>
    /// <param name="lanes">Those that take part.</param>
    /// <param name="bytes">Of a lane.</param>
    /// <param name="isStore">Whether it writes.</param>
    /// <param name="sideBySide">Whether all lanes take part and use one byte behind the other.</param>
    public abstract void Count(Warp warp, ulong* addresses, uint lanes, int bytes, bool isStore, bool sideBySide);

    /// <summary>Since when its content counts, for races; null where threads never meet.</summary>
    public virtual Clock? Time(LaunchState launch) => launch.Clock;
}

/// <summary>Memory of the device.</summary>
internal sealed unsafe class GlobalSpace : MemorySpace
{
    public override Allocation? Find(Warp warp, ulong address) => warp.Block.Launch.Memory.Find(address);

    public override void Count(Warp warp, ulong* addresses, uint lanes, int bytes, bool isStore, bool sideBySide)
    {
        TrafficCount traffic = isStore ? warp.Block.Launch.Stores : warp.Block.Launch.Loads;
        traffic.Add(addresses, lanes, bytes, sideBySide);
    }
}

/// <summary>Memory of a block: every variable is a buffer of its own, with a gap behind it.</summary>
internal sealed unsafe class SharedSpace : MemorySpace
{
    // Addresses keep their banks.
    private const ulong Base = 1 << 24, Gap = 128;

    /// <summary>Where a variable lies.</summary>
    /// <param name="number">Of the kernel's shared variables.</param>
    /// <param name="offset">In bytes, were there no gaps.</param>
    public static ulong Address(int number, int offset) => Base + (ulong)offset + Gap * (ulong)number;

    public override Allocation? Find(Warp warp, ulong address) => warp.Block.FindShared(address);

    // Every block begins with memory of its own.
    public override Clock? Time(LaunchState launch) => launch.Clock with { Launch = launch.Clock.Block };

    public override void Count(Warp warp, ulong* addresses, uint lanes, int bytes, bool isStore, bool sideBySide) => warp.Block.Launch.Banks.Add(addresses, lanes, bytes, sideBySide);
}

/// <summary>Memory of a thread.</summary>
internal sealed unsafe class LocalSpace(int bytes) : MemorySpace
{
    /// <summary>Where every thread sees its memory begin.</summary>
    public const ulong Base = 1 << 25;

    public override Clock? Time(LaunchState launch) => null;

    public override Allocation? Find(Warp warp, ulong address) => warp.Local;

    public override void Translate(Warp warp, ulong* addresses)
    {
        for (int lane = 0; lane < Lanes.Count; lane++)
            if (addresses[lane] - Base < (ulong)bytes)
                addresses[lane] += (ulong)(lane * bytes);
            else
                addresses[lane] = 0;
    }

    public override void Count(Warp warp, ulong* addresses, uint lanes, int bytes, bool isStore, bool sideBySide)
    {
    }
}
