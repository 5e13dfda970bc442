using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Simd;

namespace GpuCtr.Kernels.Interactions;

/// <summary>A task owns sixteen columns, so that a shared gate is computed once and its gradient is one sum.</summary>
public sealed unsafe partial class FeatureGate
{
    private OpVariant Simd() => IsShared
        ? ColumnBlocks.Variant(device, x, ForwardColumns, BackwardColumns)
        : RowBlocks.Variant(device, x, BlockRows, ForwardRows, BackwardRows);

    private const int BlockRows = 64;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ForwardRows(int firstRow, int endRow)
    {
        long end = (long)endRow * x.Columns;
        for (long i = (long)firstRow * x.Columns; i < end; i += Lanes.Count)
        {
            int count = (int)Math.Min(Lanes.Count, end - i);
            Lanes.Store(2 * Math512.Sigmoid(Lanes.Load(g.Pointer + i, count)) * Lanes.Load(x.Pointer + i, count), y.Pointer + i, count);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void BackwardRows(int firstRow, int endRow)
    {
        long end = (long)endRow * x.Columns;
        for (long i = (long)firstRow * x.Columns; i < end; i += Lanes.Count)
        {
            int count = (int)Math.Min(Lanes.Count, end - i);
            Vector512<float> open = Math512.Sigmoid(Lanes.Load(g.Pointer + i, count)), through = 2 * open * Lanes.Load(y.Gradient!.Pointer + i, count);
            dg.Write(i, through * (Vector512<float>.One - open) * Lanes.Load(x.Pointer + i, count), count);
            dx.Write(i, through, count);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ForwardColumns(int rows, int h, int count)
    {
        Vector512<float> factor = 2 * Math512.Sigmoid(Lanes.Load(g.Pointer + h, count));
        for (long b = 0, i = h; b < rows; b++, i += x.Columns)
            Lanes.Store(factor * Lanes.Load(x.Pointer + i, count), y.Pointer + i, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void BackwardColumns(int rows, int h, int count)
    {
        Vector512<float> open = Math512.Sigmoid(Lanes.Load(g.Pointer + h, count)), factor = 2 * open, sum = default;
        for (long b = 0, i = h; b < rows; b++, i += x.Columns)
        {
            Vector512<float> dy = Lanes.Load(y.Gradient!.Pointer + i, count);
            sum = Vector512.FusedMultiplyAdd(Lanes.Load(x.Pointer + i, count), dy, sum);
            dx.Write(i, factor * dy, count);
        }
        dg.Write(h, factor * (Vector512<float>.One - open) * sum, count);
    }
}
