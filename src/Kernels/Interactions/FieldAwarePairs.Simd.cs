using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Simd;

namespace GpuCtr.Kernels.Interactions;

/// <summary>
/// Four values at a time: vectors are short, and those of a column are not contiguous. Memory is the limit, so wider registers would not be faster.
/// Half of a row's values are read with large strides, which hardware does not prefetch: the values of the next row are prefetched in memory order.
/// </summary>
public sealed unsafe partial class FieldAwarePairs
{
    private const int BlockRows = 16, Quad = 4;

    private OpVariant Simd() => RowBlocks.Variant(device, y, BlockRows, ForwardRows, BackwardRows);

    private void ForwardRows(int firstRow, int endRow)
    {
        for (int b = firstRow; b < endRow; b++)
            y.Pointer[b] = PairsOfRow(v.Pointer + (long)b * v.Columns, c, d);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float PairsOfRow(float* v, int c, int d)
    {
        int quads = d / Quad * Quad, field = c * d;
        Vector128<float> sum = default;
        float rest = 0;
        for (int i = 0; i < c; i++)
        {
            Prefetch.Row(v + (c + i) * field, field);
            float* left = v + i * field + (i + 1) * d, right = v + (i + 1) * field + i * d;
            for (int j = i + 1; j < c; j++, left += d, right += field)
            {
                for (int k = 0; k < quads; k += Quad)
                    sum = Vector128.FusedMultiplyAdd(Vector128.Load(left + k), Vector128.Load(right + k), sum);
                for (int k = quads; k < d; k++)
                    rest += left[k] * right[k];
            }
        }
        return Vector128.Sum(sum) + rest;
    }

    private void BackwardRows(int firstRow, int endRow)
    {
        float* dy = y.Gradient!.Pointer;
        for (int b = firstRow; b < endRow; b++)
            GradientOfRow(v.Pointer + (long)b * v.Columns, dy[b], dv.Target!.Pointer + (long)b * v.Columns, c, d, dv.Accumulates);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void GradientOfRow(float* v, float dy, float* dv, int c, int d, bool add)
    {
        int quads = d / Quad * Quad, field = c * d;
        for (int i = 0; i < c; i++)
        {
            Prefetch.Row(v + (c + i) * field, field);
            float* pair = v + i * d;
            for (int j = 0; j < c; j++, dv += d, pair += field)
            {
                float factor = i == j ? 0 : dy;
                for (int k = 0; k < quads; k += Quad)
                {
                    Vector128<float> value = Vector128.Load(pair + k) * factor;
                    (add ? Vector128.Load(dv + k) + value : value).Store(dv + k);
                }
                for (int k = quads; k < d; k++)
                    dv[k] = (add ? dv[k] : 0) + pair[k] * factor;
            }
        }
    }
}
