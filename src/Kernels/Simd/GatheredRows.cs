using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace GpuCtr.Kernels.Simd;

/// <summary>Sums of scattered rows of a matrix, in the order of a list: the same bits every run.</summary>
internal static unsafe class GatheredRows
{
    // Prefetch distance in rows: enough to hide the latency of memory.
    private const int PrefetchRows = 16;

    /// <summary>to = Σ_p weight[p] · table[index[p]] for p from first to end.</summary>
    /// <param name="table">(…, d).</param>
    /// <param name="d">Columns.</param>
    /// <param name="index">Row numbers.</param>
    /// <param name="weight">Weight of each, or null = 1.</param>
    /// <param name="first">The first p.</param>
    /// <param name="end">One past the last p.</param>
    /// <param name="known">Total number of row numbers; rows of p ≥ end are prefetched.</param>
    /// <param name="to">(d).</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Sum(float* table, int d, int* index, float* weight, int first, int end, int known, float* to)
    {
        int j = 0, prefetched = known - PrefetchRows;
        // Four registers per pass over the rows: the cache lines of a row are requested together.
        for (; j + 4 * Lanes.Count <= d; j += 4 * Lanes.Count)
        {
            Vector512<float> s0 = default, s1 = default, s2 = default, s3 = default;
            for (int p = first; p < end; p++)
            {
                if (p < prefetched)
                    Prefetch.Row(table + (long)index[p + PrefetchRows] * d + j, 4 * Lanes.Count);
                float* row = table + (long)index[p] * d + j;
                Vector512<float> w = weight == null ? Vector512<float>.One : Vector512.Create(weight[p]);
                s0 = Vector512.FusedMultiplyAdd(w, Vector512.Load(row), s0);
                s1 = Vector512.FusedMultiplyAdd(w, Vector512.Load(row + 16), s1);
                s2 = Vector512.FusedMultiplyAdd(w, Vector512.Load(row + 32), s2);
                s3 = Vector512.FusedMultiplyAdd(w, Vector512.Load(row + 48), s3);
            }
            s0.Store(to + j);
            s1.Store(to + j + 16);
            s2.Store(to + j + 32);
            s3.Store(to + j + 48);
        }
        for (; j < d; j += Lanes.Count)
        {
            Vector512<float> sum = default;
            for (int p = first; p < end; p++)
            {
                if (p < prefetched)
                    Prefetch.Ahead(table + (long)index[p + PrefetchRows] * d + j);
                Vector512<float> w = weight == null ? Vector512<float>.One : Vector512.Create(weight[p]);
                sum = Vector512.FusedMultiplyAdd(w, Lanes.Load(table + (long)index[p] * d + j, d - j), sum);
            }
            Lanes.Store(sum, to + j, d - j);
        }
    }
}
