using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace GpuCtr.Kernels.Simd;

/// <summary>Sums in the order of their terms, so that partial sums of fixed blocks give the same bits every run.</summary>
internal static unsafe class Sums
{
    /// <summary>to += from.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(float* to, float* from, int length)
    {
        for (int j = 0; j < length; j += Lanes.Count)
            Lanes.Store(Lanes.Load(to + j, length - j) + Lanes.Load(from + j, length - j), to + j, length - j);
    }

    /// <summary>Adds the rows of a matrix to a row, the first row first.</summary>
    /// <param name="to">(columns).</param>
    /// <param name="rows">(count, columns).</param>
    /// <param name="count">Rows.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="stride">Distance of two rows.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddRows(float* to, float* rows, int count, int columns, nint stride)
    {
        for (int j = 0; j < columns; j += Lanes.Count)
        {
            Vector512<float> sum = Lanes.Load(to + j, columns - j);
            float* row = rows + j;
            for (int r = 0; r < count; r++, row += stride)
                sum += Lanes.Load(row, columns - j);
            Lanes.Store(sum, to + j, columns - j);
        }
    }

    /// <summary>Σ a b, as sixteen sums side by side.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Dot(float* a, float* b, int length)
    {
        Vector512<float> sum = default;
        for (int j = 0; j < length; j += Lanes.Count)
            sum += Lanes.Load(a + j, length - j) * Lanes.Load(b + j, length - j);
        return Vector512.Sum(sum);
    }
}
