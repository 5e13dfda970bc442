using System.Numerics;
using System.Runtime.InteropServices;

namespace GpuCtr.SoftCuda.Execution;

/// <summary>Which lanes of a warp are active: as bits, and as one element of all zeros or all ones a lane, of 32 and of 64 bits, with which vectors are blended.</summary>
internal sealed unsafe class LaneMask : IDisposable
{
    private readonly byte* of32 = (byte*)NativeMemory.AlignedAlloc(Lanes.Count * (4 + 8), 64);

    /// <summary>One bit a lane.</summary>
    public uint Bits { get; private set; }

    /// <summary>How many lanes are active.</summary>
    public int Count { get; private set; }

    /// <summary>Where the elements of 4 or 8 bytes lie.</summary>
    public byte* Spread(int size) => size == 4 ? of32 : of32 + 4 * Lanes.Count;

    /// <summary>Changes the active lanes.</summary>
    public void Set(uint bits)
    {
        Bits = bits;
        Count = BitOperations.PopCount(bits);
        Lanes.Spread<uint>(bits, Spread(4));
        Lanes.Spread<ulong>(bits, Spread(8));
    }

    public void Dispose() => NativeMemory.AlignedFree(of32);
}
