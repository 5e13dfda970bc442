using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Embedding;

/// <summary>Rows of a table that do not learn: their gradient becomes 0, after it was summed and before its norm is measured.</summary>
/// <remarks>
/// dW[r] = 0 for first ≤ r &lt; end. Rules without weight decay then do not change the row, since its moments stay 0.
/// dW compact (U, D), row i for the i-th distinct row of the batch; or whole (ΣV, D). Writes only frozen rows, reads only the rows of the batch.
/// </remarks>
public sealed unsafe class FrozenRows
{
    private const int BlockSegments = 1024;

    private readonly Tensor target;
    private readonly SortedLookups lookups;
    private readonly int first, end;
    private readonly bool compact;
    private readonly Device device;
    private readonly Action run;

    /// <summary>Kernel arguments.</summary>
    public readonly record struct Args(ArrayView<float> Target, ArrayView<int> SegmentRow, ArrayView<int> Segments, int D, int First, int End, int Compact);

    /// <param name="device">The device.</param>
    /// <param name="target">The gradient: (U, D) when compact, else (ΣV, D).</param>
    /// <param name="lookups">The batch's lookups by row.</param>
    /// <param name="compact">Whether row i of the target is segment i.</param>
    /// <param name="rows">The rows.</param>
    public FrozenRows(Device device, Tensor target, SortedLookups lookups, bool compact, Range rows)
    {
        (this.device, this.target, this.lookups, this.compact, first, end) = (device, target, lookups, compact, rows.Start.Value, rows.End.Value);
        run = device.Select(Portable, Simd);
    }

    /// <summary>Clears their gradient.</summary>
    public void Run() => run();

    private Action Portable()
    {
        Kernel<Args> kernel = new(device, Kernel);
        return () => kernel.Run(
            (long)(compact ? lookups.Capacity : end - first) * target.Columns,
            new(target.View, lookups.SegmentRow.View, lookups.Count.View, target.Columns, first, end, compact ? 1 : 0));
    }

    private Action Simd()
    {
        RowBlocks blocks = new(device, BlockSegments, compact ? Segments : Whole);
        return () => blocks.Run(compact ? lookups.Segments : end - first);
    }

    private void Segments(int firstSegment, int endSegment)
    {
        int d = target.Columns;
        for (int segment = firstSegment; segment < endSegment; segment++)
            if (lookups.SegmentRow.Pointer[segment] is var row && row >= first && row < end)
                new Span<float>(target.Pointer + (long)segment * d, d).Clear();
    }

    private void Whole(int from, int to) => new Span<float>(target.Pointer + (long)(first + from) * target.Columns, (to - from) * target.Columns).Clear();

    private static void Kernel(Args a)
    {
        long count = (long)(a.Compact != 0 ? a.Segments[0] : a.End - a.First) * a.D;
        for (long i = Grid.GlobalLinearIndex; i < count; i += GridLoop.Stride)
        {
            if (a.Compact == 0)
                a.Target[(long)a.First * a.D + i] = 0;
            else if (a.SegmentRow[i / a.D] is var row && row >= a.First && row < a.End)
                a.Target[i] = 0;
        }
    }
}
