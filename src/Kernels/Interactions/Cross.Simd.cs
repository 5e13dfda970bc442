using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Simd;

namespace GpuCtr.Kernels.Interactions;

public sealed unsafe partial class Cross
{
    private const int BlockRows = 64;

    private OpVariant Simd() => RowBlocks.Variant(device, y, BlockRows, ForwardRows, BackwardRows);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ForwardRows(int firstRow, int endRow)
    {
        int h = y.Columns;
        for (int b = firstRow; b < endRow; b++)
            for (int j = 0; j < h; j += Lanes.Count)
            {
                long i = (long)b * h + j;
                int count = Math.Min(Lanes.Count, h - j);
                Vector512<float> sum = Vector512.FusedMultiplyAdd(Lanes.Load(x0.Pointer + i, count), Factor(b, i, count), Lanes.Load(x.Pointer + i, count));
                Lanes.Store(bias is null ? sum : sum + Lanes.Load(bias.Pointer + j, count), y.Pointer + i, count);
            }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void BackwardRows(int firstRow, int endRow)
    {
        int h = y.Columns;
        for (int b = firstRow; b < endRow; b++)
        {
            Vector512<float> sum = default;
            for (int j = 0; j < h; j += Lanes.Count)
            {
                long i = (long)b * h + j;
                int count = Math.Min(Lanes.Count, h - j);
                Vector512<float> dy = Lanes.Load(y.Gradient!.Pointer + i, count), through = dy * Lanes.Load(x0.Pointer + i, count);
                dx.Write(i, dy, count);
                dx0.Write(i, dy * Factor(b, i, count), count);
                if (OneForRow)
                    sum += through;
                else
                    du.Write(i, through, count);
            }
            if (OneForRow)
                du.Write(b, Vector512.CreateScalar(Vector512.Sum(sum)), 1);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector512<float> Factor(int b, long i, int count) => OneForRow ? Vector512.Create(u.Pointer[b]) : Lanes.Load(u.Pointer + i, count);
}
