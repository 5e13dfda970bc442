using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace GpuCtr.Kernels.Simd;

/// <summary>Tells the processor what will be read soon.</summary>
internal static unsafe class Prefetch
{
    /// <summary>Brings the cache line of <paramref name="address"/> near; any address may be given, also one behind the end of a buffer.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Ahead(void* address)
    {
        if (Sse.IsSupported)
            Sse.Prefetch0(address);
    }

    /// <summary>The same, but only to the second-level cache: what is worked on meanwhile stays in the first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void FarAhead(void* address)
    {
        if (Sse.IsSupported)
            Sse.Prefetch1(address);
    }

    /// <summary>Brings a row of a table near.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Row(float* row, int length)
    {
        for (int j = 0; j < length; j += Lanes.Count)
            Ahead(row + j);
    }

    /// <summary>Brings the next cache line of a stream near. A loop that walks columns asks for what comes after in the order of memory,
    /// which the processor recognizes and runs ahead of.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Ahead(ref float* stream)
    {
        Ahead(stream);
        stream += Lanes.Count;
    }
}
