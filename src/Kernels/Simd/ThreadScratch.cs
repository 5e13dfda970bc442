using System.Runtime.InteropServices;

namespace GpuCtr.Kernels.Simd;

/// <summary>Memory of a worker thread for the intermediate values of one block; grown once, then reused.</summary>
internal static unsafe class ThreadScratch
{
    [ThreadStatic]
    private static float* memory;

    [ThreadStatic]
    private static nuint capacity;

    /// <summary>At least <paramref name="length"/> floats on a cache line; what they hold is left over from earlier blocks.</summary>
    public static float* Get(nuint length)
    {
        if (length > capacity)
        {
            NativeMemory.AlignedFree(memory);
            memory = (float*)NativeMemory.AlignedAlloc(length * sizeof(float), 64);
            capacity = length;
        }
        return memory;
    }
}
