using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Simd;

namespace GpuCtr.Kernels.Interactions;

/// The vectors of a row, some 20 KB, are read in the order in which they lie; their partners are then in the cache.
public sealed unsafe partial class FieldAwarePairs
{
    private const int BlockRows = 16;

    private readonly Action<int> forwardBlock, backwardBlock;

    private void Run(in Pass pass, Action<int> block)
    {
        rows = pass.Rows;
        device.Team!.Run((rows + BlockRows - 1) / BlockRows, block);
    }

    private void ForwardBlock(int block)
    {
        for (int b = block * BlockRows; b < Math.Min(rows, (block + 1) * BlockRows); b++)
            y.Pointer[b] = PairsOfRow(v.Pointer + (long)b * v.Columns, c, d);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float PairsOfRow(float* v, int c, int d)
    {
        Vector512<float> sum = default;
        for (int i = 0; i < c; i++)
            for (int j = i + 1; j < c; j++)
            {
                float* left = v + (i * c + j) * d, right = v + (j * c + i) * d;
                for (int k = 0; k < d; k += Lanes.Count)
                    sum = Vector512.FusedMultiplyAdd(Lanes.Load(left + k, d - k), Lanes.Load(right + k, d - k), sum);
            }
        return Vector512.Sum(sum);
    }

    private void BackwardBlock(int block)
    {
        float* dy = y.Gradient!.Pointer;
        for (int b = block * BlockRows; b < Math.Min(rows, (block + 1) * BlockRows); b++)
            GradientOfRow(v.Pointer + (long)b * v.Columns, dy[b], dv.Target!.Pointer + (long)b * v.Columns, c, d, dv.Accumulates);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void GradientOfRow(float* v, float dy, float* dv, int c, int d, bool add)
    {
        for (int i = 0; i < c; i++)
            for (int j = 0; j < c; j++, dv += d)
            {
                float* pair = v + (j * c + i) * d;
                float factor = i == j ? 0 : dy;
                for (int k = 0; k < d; k += Lanes.Count)
                {
                    Vector512<float> value = Lanes.Load(pair + k, d - k) * factor;
                    Lanes.Store(add ? Lanes.Load(dv + k, d - k) + value : value, dv + k, d - k);
                }
            }
    }
}
