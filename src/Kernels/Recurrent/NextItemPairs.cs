using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Recurrent;

/// <summary>The input of the auxiliary network of DIEN's authors: for each position the rows [h_t, e_{t+1}] and [h_t, ê_{t+1}], zeros at the last position of a history.</summary>
/// <remarks>
/// dh_t = both left halves of dy at t,  de_{t+1}, dê_{t+1} = its right halves;  0 for h at the last position and for e and ê at the first.
/// h (T, H)   e, ê (T, E)   y (2T, H + E) over pairs.   One pass each way.
/// </remarks>
public sealed unsafe partial class NextItemPairs : IOp
{
    private const int BlockRows = 16;

    private readonly Device device;
    private readonly NextItems items;
    private readonly Tensor y;
    private readonly NextItems.Sinks sinks;
    private readonly OpVariant variant;

    /// <summary>Kernel arguments.</summary>
    public readonly record struct Args(NextItems.View Items, ArrayView<float> Y, ArrayView<float> Dy);

    /// <param name="device">The device.</param>
    /// <param name="items">h, e and ê.</param>
    /// <param name="y">(2T, H + E) output.</param>
    public NextItemPairs(Device device, NextItems items, Tensor y)
    {
        if (!items.Fit || y.Columns != items.States.Columns + items.Clicked.Columns || y.RowKind != items.PairRows)
            throw new KernelException($"next item pairs: {items}, y {y} do not fit on {device}");
        (this.device, this.items, this.y) = (device, items, y);
        sinks = items.Consume();
        variant = device.Select(Portable, () => RowBlocks.Variant(device, items.History.Vectors, BlockRows, ForwardRows, BackwardRows));
    }

    /// <summary>h, e and ê.</summary>
    public NextItems Items => items;

    /// <summary>y (2T, H + E).</summary>
    public Tensor Output => y;

    /// <inheritdoc/>
    public string Name => $"next item pairs {y.Name}";

    /// <inheritdoc/>
    public void Forward(in Pass pass) => variant.Forward(pass);

    /// <inheritdoc/>
    public void Backward(in Pass pass) => variant.Backward(pass);

    private void ForwardRows(int firstRow, int endRow)
    {
        int h = items.States.Columns, e = items.Clicked.Columns, columns = h + e;
        for (int b = firstRow; b < endRow; b++)
        {
            (int first, int end) = items.Positions(b);
            for (int t = first; t < end; t++)
            {
                Span<float> pair = y.Span(2L * t * columns, 2 * columns);
                if (t + 1 == end)
                {
                    pair.Clear();
                    continue;
                }
                Span<float> state = items.States.Span((long)t * h, h);
                state.CopyTo(pair);
                items.Clicked.Span((t + 1L) * e, e).CopyTo(pair[h..]);
                state.CopyTo(pair[columns..]);
                items.Negative.Span((t + 1L) * e, e).CopyTo(pair[(columns + h)..]);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void BackwardRows(int firstRow, int endRow)
    {
        int h = items.States.Columns, e = items.Clicked.Columns, columns = h + e;
        for (int b = firstRow; b < endRow; b++)
        {
            (int first, int end) = items.Positions(b);
            for (int t = first; t < end; t++)
            {
                // A gradient that does not exist is 0, at either end of the history.
                float* here = t + 1 < end ? y.Gradient!.Pointer + 2L * t * columns : null, before = t > first ? y.Gradient!.Pointer + 2L * (t - 1) * columns + h : null;
                for (int j = 0; j < h; j += Lanes.Count)
                    sinks.States.Write((long)t * h + j, here == null ? default : Lanes.Load(here + j, h - j) + Lanes.Load(here + columns + j, h - j), h - j);
                for (int j = 0; j < e; j += Lanes.Count)
                {
                    sinks.Clicked.Write((long)t * e + j, before == null ? default : Lanes.Load(before + j, e - j), e - j);
                    sinks.Negative.Write((long)t * e + j, before == null ? default : Lanes.Load(before + columns + j, e - j), e - j);
                }
            }
        }
    }

    private OpVariant Portable()
    {
        Kernel<Args> forward = new(device, ForwardKernel), backward = new(device, BackwardKernel);
        return new(
            (in Pass pass) => forward.Run((long)pass.RowsOf(y) * y.Columns, Bind(pass)),
            (in Pass pass) => backward.Run((long)pass.RowsOf(items.States) * y.Columns, Bind(pass)));
    }

    private Args Bind(in Pass pass) => new(items.Bind(pass, sinks), y.View, y.BoundGradient);

    private static void ForwardKernel(Args a)
    {
        NextItems.View v = a.Items;
        int columns = v.H + v.E;
        for (long i = Grid.GlobalLinearIndex; i < 2L * v.T * columns; i += GridLoop.Stride)
        {
            int row = (int)(i / columns), column = (int)(i % columns), t = row / 2;
            float value = 0;
            if (v.HasNext(t))
                value = column < v.H ? v.States[(long)t * v.H + column]
                    : row % 2 == 0 ? v.Clicked[(t + 1L) * v.E + column - v.H]
                    : v.Negative[(t + 1L) * v.E + column - v.H];
            a.Y[i] = value;
        }
    }

    /// <summary>One item = one column of h, or of e and ê, at a position.</summary>
    private static void BackwardKernel(Args a)
    {
        NextItems.View v = a.Items;
        int columns = v.H + v.E;
        for (long i = Grid.GlobalLinearIndex; i < (long)v.T * columns; i += GridLoop.Stride)
        {
            int t = (int)(i / columns), column = (int)(i % columns);
            long here = 2L * t * columns + column, before = here - 2 * columns;
            if (column < v.H)
                v.Dstates.Write((long)t * v.H + column, v.HasNext(t) ? a.Dy[here] + a.Dy[here + columns] : 0);
            else
            {
                v.Dclicked.Write((long)t * v.E + column - v.H, v.HasPrevious(t) ? a.Dy[before] : 0);
                v.Dnegative.Write((long)t * v.E + column - v.H, v.HasPrevious(t) ? a.Dy[before + columns] : 0);
            }
        }
    }
}
