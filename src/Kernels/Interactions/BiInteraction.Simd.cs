using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Simd;

namespace GpuCtr.Kernels.Interactions;

public sealed unsafe partial class BiInteraction
{
    private const int BlockRows = 64;

    private OpVariant Simd() => RowBlocks.Variant(device, y, BlockRows, ForwardRows, BackwardRows);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ForwardRows(int firstRow, int endRow)
    {
        int d = y.Columns;
        for (int b = firstRow; b < endRow; b++)
            for (int j = 0; j < d; j += Lanes.Count)
            {
                int count = Math.Min(Lanes.Count, d - j);
                float* from = v.Pointer + (long)b * v.Columns + j;
                Vector512<float> sum = default, squares = default;
                for (int c = 0; c < fields; c++, from += d)
                {
                    Vector512<float> value = Lanes.Load(from, count);
                    sum += value;
                    squares = Vector512.FusedMultiplyAdd(value, value, squares);
                }
                Lanes.Store((sum * sum - squares) * 0.5f, y.Pointer + (long)b * d + j, count);
            }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void BackwardRows(int firstRow, int endRow)
    {
        int d = y.Columns;
        for (int b = firstRow; b < endRow; b++)
            for (int j = 0; j < d; j += Lanes.Count)
            {
                int count = Math.Min(Lanes.Count, d - j);
                long first = (long)b * v.Columns + j;
                Vector512<float> sum = default, dy = Lanes.Load(y.Gradient!.Pointer + (long)b * d + j, count);
                for (int c = 0; c < fields; c++)
                    sum += Lanes.Load(v.Pointer + first + c * d, count);
                for (int c = 0; c < fields; c++)
                    dv.Write(first + c * d, dy * (sum - Lanes.Load(v.Pointer + first + c * d, count)), count);
            }
    }
}
