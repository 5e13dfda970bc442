using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Recurrent;

/// <summary>The state after the last position of each example: y_b = h_last(b); zeros for an empty history, the state before the first position.</summary>
/// <remarks>
/// dh = dy at the last position of an example, 0 at the others, written or added to.
/// h (T, H) over positions   y (B, H).   Backward writes all of dh if no other op reads h.
/// </remarks>
public sealed unsafe partial class LastState : IOp
{
    private readonly Device device;
    private readonly BehaviourHistory history;
    private readonly Tensor h, y;
    private readonly Tensor.GradientSink dh;
    private readonly OpVariant variant;

    /// <summary>Kernel arguments.</summary>
    public readonly record struct Args(
        ArrayView<int> Offsets, ArrayView<int> Owners, ArrayView<float> H, ArrayView<float> Y, GradientView Dh, ArrayView<float> Dy, int B, int T, int Columns);

    /// <param name="device">The device.</param>
    /// <param name="history">Which positions belong to which row.</param>
    /// <param name="h">(T, H).</param>
    /// <param name="y">(B, H) output.</param>
    public LastState(Device device, BehaviourHistory history, Tensor h, Tensor y)
    {
        if (h.Columns != y.Columns || h.RowKind != history.PositionRows || y.RowKind != RowKind.Batch)
            throw new KernelException($"last state: h {h}, y {y} do not fit on {device}");
        (this.device, this.history, this.h, this.y) = (device, history, h, y);
        dh = h.Consume();
        variant = device.Select(Portable, Simd);
    }

    /// <summary>Which positions belong to which row.</summary>
    public BehaviourHistory History => history;

    /// <summary>h (T, H).</summary>
    public Tensor Input => h;

    /// <summary>y (B, H).</summary>
    public Tensor Output => y;

    /// <inheritdoc/>
    public string Name => $"last state {y.Name}";

    /// <inheritdoc/>
    public void Forward(in Pass pass) => variant.Forward(pass);

    /// <inheritdoc/>
    public void Backward(in Pass pass)
    {
        if (dh.Target is not null)
            variant.Backward(pass);
    }

    private OpVariant Simd() => new(
        (in Pass pass) =>
        {
            for (int b = 0; b < pass.Rows; b++)
                if (Last(b) is var last and >= 0)
                    h.Span(last * h.Columns, h.Columns).CopyTo(y.Span((long)b * h.Columns, h.Columns));
                else
                    y.Span((long)b * h.Columns, h.Columns).Clear();
        },
        (in Pass pass) =>
        {
            if (!dh.Accumulates)
                dh.Target!.Span(0, (long)pass.RowsOf(h) * h.Columns).Clear();
            for (int b = 0; b < pass.Rows; b++)
                if (Last(b) is var last and >= 0)
                    Sums.Add(dh.Target!.Pointer + last * h.Columns, y.Gradient!.Pointer + (long)b * h.Columns, h.Columns);
        });

    /// <summary>The last position of row b; −1 for an empty history.</summary>
    private long Last(int b) => history.Offsets.Pointer[b + 1] > history.Offsets.Pointer[b] ? history.Offsets.Pointer[b + 1] - 1 : -1;

    private OpVariant Portable()
    {
        Kernel<Args> forward = new(device, ForwardKernel), backward = new(device, BackwardKernel);
        return new(
            (in Pass pass) => forward.Run((long)pass.Rows * y.Columns, Bind(pass)),
            (in Pass pass) => backward.Run((long)pass.RowsOf(h) * h.Columns, Bind(pass)));
    }

    private Args Bind(in Pass pass) => new(history.Offsets.View, history.Owners.View, h.View, y.View, dh.View, y.BoundGradient, pass.Rows, pass.RowsOf(h), h.Columns);

    private static void ForwardKernel(Args a)
    {
        for (long i = Grid.GlobalLinearIndex; i < (long)a.B * a.Columns; i += GridLoop.Stride)
        {
            int b = (int)(i / a.Columns), end = a.Offsets[b + 1];
            a.Y[i] = end > a.Offsets[b] ? a.H[(long)(end - 1) * a.Columns + i % a.Columns] : 0;
        }
    }

    private static void BackwardKernel(Args a)
    {
        for (long i = Grid.GlobalLinearIndex; i < (long)a.T * a.Columns; i += GridLoop.Stride)
        {
            int t = (int)(i / a.Columns), b = a.Owners[t];
            a.Dh.Write(i, t == a.Offsets[b + 1] - 1 ? a.Dy[(long)b * a.Columns + i % a.Columns] : 0);
        }
    }
}
