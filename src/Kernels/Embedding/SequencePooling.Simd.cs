using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Simd;

namespace GpuCtr.Kernels.Embedding;

public sealed unsafe partial class SequencePooling
{
    private const int BlockRows = 64;

    private OpVariant Simd() => RowBlocks.Variant(device, y, BlockRows, ForwardRows, BackwardRows);

    private void ForwardRows(int firstRow, int endRow)
    {
        int* ids = sequence.Rows.Pointer + sequence.Base;
        for (int b = firstRow; b < endRow; b++)
        {
            int first = sequence.Offsets.Pointer[b], last = sequence.Offsets.Pointer[b + 1];
            for (int j = 0; j < d; j += Lanes.Count)
            {
                Vector512<float> pooled = default;
                for (int t = first; t < last; t++)
                {
                    Vector512<float> v = Lanes.Load(table.Rows.Pointer + (long)ids[t] * d + j, d - j);
                    pooled = kind != PoolingKind.Max ? pooled + v : t == first ? v : Vector512.ConditionalSelect(Vector512.GreaterThan(v, pooled), v, pooled);
                }
                Lanes.Store(kind == PoolingKind.Mean && last > first ? pooled / (last - first) : pooled, y.Pointer + (long)b * y.Columns + column + j, d - j);
            }
        }
    }

    private void BackwardRows(int firstRow, int endRow)
    {
        int* ids = sequence.Rows.Pointer + sequence.Base;
        float* rowGradients = table.RowGradients.Pointer + ((long)sequence.GradientOffset + sequence.Base) * d;
        for (int b = firstRow; b < endRow; b++)
        {
            int first = sequence.Offsets.Pointer[b], last = sequence.Offsets.Pointer[b + 1];
            for (int j = 0; j < d; j += Lanes.Count)
            {
                long at = (long)b * y.Columns + column + j;
                Vector512<float> value = Lanes.Load(y.Pointer + at, d - j), g = Lanes.Load(y.Gradient!.Pointer + at, d - j);
                if (kind == PoolingKind.Mean)
                    g /= last - first;
                for (int t = first; t < last; t++)
                {
                    Vector512<float> taken = g;
                    if (kind == PoolingKind.Max)
                    {
                        Vector512<float> takes = Vector512.Equals(Lanes.Load(table.Rows.Pointer + (long)ids[t] * d + j, d - j), value);
                        taken = Vector512.ConditionalSelect(takes, g, Vector512<float>.Zero);
                        g = Vector512.ConditionalSelect(takes, Vector512<float>.Zero, g);
                    }
                    float* to = rowGradients + (long)t * d + j;
                    Lanes.Store(accumulate ? Lanes.Load(to, d - j) + taken : taken, to, d - j);
                }
            }
        }
    }
}
