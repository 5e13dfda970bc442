using GpuCtr.Kernels.Numerics;
using ILGPU;

namespace GpuCtr.Kernels.Reductions;

/// <summary>Sums over the threads of a group through shared memory; every thread of the group calls them.</summary>
internal static class GroupSum
{
    /// <summary>Thread t &lt; <paramref name="width"/> gets the sum of threads t, t + width, t + 2 width, …, in a tree of fixed shape; the others get a part of one.</summary>
    /// <param name="parts">One place for each thread; free again behind the next barrier.</param>
    /// <param name="value">Of this thread.</param>
    /// <param name="width">A power of two.</param>
    public static T Of<T>(ArrayView<T> parts, T value, int width) where T : unmanaged, IFloats<T>
    {
        int thread = Group.IdxX;
        parts[thread] = value;
        for (int half = Group.DimX >> 1; half >= width; half >>= 1)
        {
            Group.Barrier();
            if (thread < half)
                parts[thread] = parts[thread].Add(parts[thread + half]);
        }
        return parts[thread];
    }

    /// <summary>The sum of the values of all threads before this one; parts[^1] becomes the sum of all.</summary>
    /// <param name="parts">One place for each thread.</param>
    /// <param name="value">Of this thread.</param>
    /// <remarks>Ends with a barrier: parts may be read at once, and written behind the next one.</remarks>
    public static int Before(ArrayView<int> parts, int value)
    {
        int thread = Group.IdxX, sum = value;
        parts[thread] = sum;
        Group.Barrier();
        for (int step = 1; step < Group.DimX; step <<= 1)
        {
            if (thread >= step)
                sum += parts[thread - step];
            Group.Barrier();
            parts[thread] = sum;
            Group.Barrier();
        }
        return sum - value;
    }
}
