using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Simd;

namespace GpuCtr.Kernels.Interactions;

/// <summary>
/// Forward, a register holds the products ⟨v_i, v_j⟩ of sixteen neighbouring j, for which the vectors of a row are transposed; backward, it holds values of a vector.
/// Four vectors i are processed at a time, so that a load for j serves all of them.
/// </summary>
public sealed unsafe partial class InnerProducts
{
    private const int BlockRows = 64, Together = 4;

    // End of a register that begins at the last vector.
    private int TransposedStride => (c + 2 * Lanes.Count - 1) / Lanes.Count * Lanes.Count;

    private OpVariant Simd() => RowBlocks.Variant(device, p, BlockRows, ForwardRows, BackwardRows);

    private void ForwardRows(int firstRow, int endRow)
    {
        int stride = TransposedStride;
        float* transposed = ThreadScratch.Get((nuint)(d * stride));
        // Values after the last vector are multiplied and discarded; they are cleared because leftovers may be denormal, and slow.
        new Span<float>(transposed, d * stride).Clear();
        for (int b = firstRow; b < endRow; b++)
        {
            float* values = v.Pointer + (long)b * v.Columns, pairs = p.Pointer + (long)b * p.Columns;
            Transpose.Run(values, c, d, transposed, stride);
            for (int i = 0; i < c - 1; i += Together)
                ProductsOf(values, transposed, stride, i, pairs, c, d);
        }
    }

    /// <summary>
    /// The pairs of vectors i … i + 3 with all later ones. The registers of all four begin at i + 1, so the r-th begins with r products of
    /// earlier pairs. These are stored over the end of the previous vector's pairs, which are stored afterwards.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ProductsOf(float* values, float* transposed, int stride, int i, float* pairs, int c, int d)
    {
        // With fewer than four, the last one is computed again and not stored.
        int last = Math.Min(Together - 1, c - 2 - i);
        float* x0 = values + i * d, x1 = x0 + Math.Min(1, last) * d, x2 = x0 + Math.Min(2, last) * d, x3 = x0 + Math.Min(3, last) * d;
        for (int j = i + 1; j < c; j += Lanes.Count)
        {
            Vector512<float> y0 = default, y1 = default, y2 = default, y3 = default;
            float* column = transposed + j;
            for (int k = 0; k < d; k++, column += stride)
            {
                Vector512<float> x = Vector512.Load(column);
                y0 = Vector512.FusedMultiplyAdd(Vector512.Create(x0[k]), x, y0);
                y1 = Vector512.FusedMultiplyAdd(Vector512.Create(x1[k]), x, y1);
                y2 = Vector512.FusedMultiplyAdd(Vector512.Create(x2[k]), x, y2);
                y3 = Vector512.FusedMultiplyAdd(Vector512.Create(x3[k]), x, y3);
            }
            int count = c - j;
            if (last >= 3)
                Lanes.Store(y3, pairs + FirstPair(i + 3, c) + j - i - 4, count);
            if (last >= 2)
                Lanes.Store(y2, pairs + FirstPair(i + 2, c) + j - i - 3, count);
            if (last >= 1)
                Lanes.Store(y1, pairs + FirstPair(i + 1, c) + j - i - 2, count);
            Lanes.Store(y0, pairs + FirstPair(i, c) + j - i - 1, count);
        }
    }

    private void BackwardRows(int firstRow, int endRow)
    {
        float* target = dv.Target!.Pointer, dp = p.Gradient!.Pointer;
        for (int b = firstRow; b < endRow; b++)
        {
            long first = (long)b * v.Columns;
            if (!dv.Accumulates)
                new Span<float>(target + first, v.Columns).Clear();
            for (int k = 0; k < d; k += Lanes.Count)
                AddGradients(v.Pointer + first + k, dp + (long)b * p.Columns, target + first + k, c, d, Math.Min(Lanes.Count, d - k));
        }
    }

    /// <summary>dv_i += dp_ij v_j and dv_j += dp_ij v_i, for up to sixteen values of every vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddGradients(float* v, float* dp, float* dv, int c, int d, int count)
    {
        for (int i = 0; i < c; i += Together)
        {
            int end = Math.Min(c, i + Together);
            for (int left = i; left < end; left++)
                for (int right = left + 1; right < end; right++)
                    AddPair(dp[FirstPair(left, c) + right - left - 1], v, dv, left * d, right * d, count);
            if (end < c)
                AddFour(v, dp, dv, i, c, d, count);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddPair(float dp, float* v, float* dv, int left, int right, int count)
    {
        Vector512<float> factor = Vector512.Create(dp);
        Lanes.Store(Vector512.FusedMultiplyAdd(factor, Lanes.Load(v + right, count), Lanes.Load(dv + left, count)), dv + left, count);
        Lanes.Store(Vector512.FusedMultiplyAdd(factor, Lanes.Load(v + left, count), Lanes.Load(dv + right, count)), dv + right, count);
    }

    /// <summary>Vectors i … i + 3, which stay in registers, with all later ones.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddFour(float* v, float* dp, float* dv, int i, int c, int d, int count)
    {
        float* p0 = dp + FirstPair(i, c) + 3, p1 = dp + FirstPair(i + 1, c) + 2, p2 = dp + FirstPair(i + 2, c) + 1, p3 = dp + FirstPair(i + 3, c);
        float* x = v + i * d, dx = dv + i * d;
        Vector512<float> x0 = Lanes.Load(x, count), x1 = Lanes.Load(x + d, count), x2 = Lanes.Load(x + 2 * d, count), x3 = Lanes.Load(x + 3 * d, count);
        Vector512<float> y0 = Lanes.Load(dx, count), y1 = Lanes.Load(dx + d, count), y2 = Lanes.Load(dx + 2 * d, count), y3 = Lanes.Load(dx + 3 * d, count);
        for (int j = i + Together; j < c; j++)
        {
            Vector512<float> xj = Lanes.Load(v + j * d, count), yj = Lanes.Load(dv + j * d, count);
            Vector512<float> g0 = Vector512.Create(*p0++), g1 = Vector512.Create(*p1++), g2 = Vector512.Create(*p2++), g3 = Vector512.Create(*p3++);
            y0 = Vector512.FusedMultiplyAdd(g0, xj, y0);
            y1 = Vector512.FusedMultiplyAdd(g1, xj, y1);
            y2 = Vector512.FusedMultiplyAdd(g2, xj, y2);
            y3 = Vector512.FusedMultiplyAdd(g3, xj, y3);
            yj = Vector512.FusedMultiplyAdd(g0, x0, yj);
            yj = Vector512.FusedMultiplyAdd(g1, x1, yj);
            yj = Vector512.FusedMultiplyAdd(g2, x2, yj);
            yj = Vector512.FusedMultiplyAdd(g3, x3, yj);
            Lanes.Store(yj, dv + j * d, count);
        }
        Lanes.Store(y0, dx, count);
        Lanes.Store(y1, dx + d, count);
        Lanes.Store(y2, dx + 2 * d, count);
        Lanes.Store(y3, dx + 3 * d, count);
    }
}
