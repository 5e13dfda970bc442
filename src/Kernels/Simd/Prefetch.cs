using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace GpuCtr.Kernels.Simd;

/// <summary>Prefetch instructions.</summary>
internal static unsafe class Prefetch
{
    /// <summary>Prefetches the cache line of <paramref name="address"/>; any address is allowed, also one past the end of a buffer.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Ahead(void* address)
    {
        if (Sse.IsSupported)
            Sse.Prefetch0(address);
    }

    /// <summary>The same, but only to the second-level cache, so that the current data stay in the first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void FarAhead(void* address)
    {
        if (Sse.IsSupported)
            Sse.Prefetch1(address);
    }

    /// <summary>Prefetches a row of a table.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Row(float* row, int length)
    {
        for (int j = 0; j < length; j += Lanes.Count)
            Ahead(row + j);
    }

    /// <summary>Prefetches the next cache line of a stream. A loop that walks columns prefetches in memory order,
    /// which the hardware prefetcher recognizes and continues.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Ahead(ref float* stream)
    {
        Ahead(stream);
        stream += Lanes.Count;
    }
}
