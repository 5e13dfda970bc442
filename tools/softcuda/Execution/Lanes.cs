using System.Numerics;
using System.Runtime.Intrinsics;

namespace GpuCtr.SoftCuda.Execution;

/// <summary>What all operations do with the lanes of a warp.</summary>
internal static unsafe class Lanes
{
    /// <summary>Lanes of a warp.</summary>
    public const int Count = Capability.WarpLanes;

    /// <summary>All lanes.</summary>
    public const uint All = uint.MaxValue;

    /// <summary>Writes the elements of active lanes and keeps the others.</summary>
    public static void Store<T>(byte* to, byte* active, Vector512<T> value)
        where T : unmanaged =>
        Vector512.ConditionalSelect(Vector512.Load((T*)active), value, Vector512.Load((T*)to)).Store((T*)to);

    /// <summary>All ones in the elements whose lanes have their bit set, from a first lane on.</summary>
    public static Vector512<T> Spread<T>(uint bits, int first)
        where T : unmanaged
    {
        bits >>= first;
        if (sizeof(T) == 8)
        {
            Vector512<ulong> place = Vector512.Create(1UL, 2, 4, 8, 16, 32, 64, 128);
            return Vector512.Equals(Vector512.Create((ulong)bits) & place, place).As<ulong, T>();
        }
        Vector512<uint> places = Vector512.Create(1u, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768);
        return Vector512.Equals(Vector512.Create(bits) & places, places).As<uint, T>();
    }

    /// <summary>Writes one element a lane: all ones where the bit is set.</summary>
    public static void Spread<T>(uint bits, byte* to)
        where T : unmanaged
    {
        for (int lane = 0; lane < Count; lane += 64 / sizeof(T))
            Spread<T>(bits, lane).Store((T*)to + lane);
    }

    /// <summary>The first of the lanes.</summary>
    public static int First(uint lanes) => BitOperations.TrailingZeroCount(lanes);
}
