using System.Runtime.InteropServices;
using GpuCtr.Kernels.Devices;

namespace GpuCtr.Kernels.Simd;

/// <summary>Memory of a worker thread for the intermediate values of one block; grown once, then reused.</summary>
internal static unsafe class ThreadScratch
{
    [ThreadStatic]
    private static float* memory;

    [ThreadStatic]
    private static nuint capacity;

    /// <summary>At least <paramref name="length"/> floats, aligned to a cache line, with content left over from earlier blocks.</summary>
    public static float* Get(nuint length)
    {
        if (length > capacity)
        {
            NativeMemory.AlignedFree(memory);
            // Whole huge pages: addresses within one do not conflict in the second-level cache.
            nuint bytes = (length * sizeof(float) + (nuint)HugePages.PageBytes - 1) / (nuint)HugePages.PageBytes * (nuint)HugePages.PageBytes;
            memory = (float*)NativeMemory.AlignedAlloc(bytes, (nuint)HugePages.PageBytes);
            HugePages.Advise((nint)memory, (long)bytes);
            capacity = bytes / sizeof(float);
        }
        return memory;
    }
}
