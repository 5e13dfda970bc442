using GpuCtr.Kernels.Simd;

namespace GpuCtr.Kernels.Interactions;

/// <summary>A row at a time, in four sums: weights are at random positions of their table, and the latencies of scalar loads overlap.</summary>
public sealed unsafe partial class PairWeights
{
    private const int BlockRows = 32, Sums = 4;

    private OpVariant Simd() => RowBlocks.Variant(device, y, BlockRows, ForwardRows, BackwardRows);

    private void ForwardRows(int firstRow, int endRow)
    {
        int count = pairs.Count;
        float* w = weights.Pointer, v = values.Pointer + (long)firstRow * count;
        int* row = rows.Pointer + (long)firstRow * count;
        for (int b = firstRow; b < endRow; b++, v += count, row += count)
        {
            float s0 = 0, s1 = 0, s2 = 0, s3 = 0;
            int p = 0;
            for (; p <= count - Sums; p += Sums)
            {
                s0 += v[p] * w[row[p]];
                s1 += v[p + 1] * w[row[p + 1]];
                s2 += v[p + 2] * w[row[p + 2]];
                s3 += v[p + 3] * w[row[p + 3]];
            }
            for (; p < count; p++)
                s0 += v[p] * w[row[p]];
            y.Pointer[b] = s0 + s1 + (s2 + s3);
        }
    }

    private void BackwardRows(int firstRow, int endRow)
    {
        int count = pairs.Count;
        for (int b = firstRow; b < endRow; b++)
        {
            float dy = y.Gradient!.Pointer[b];
            float* v = values.Pointer + (long)b * count, dw = rowGradients.Pointer + firstGradient + (long)b * count;
            for (int p = 0; p < count; p++)
                dw[p] = dy * v[p];
        }
    }
}
