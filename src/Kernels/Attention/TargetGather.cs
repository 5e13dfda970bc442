using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Attention;

/// <summary>The last item of every sequence, the target: y_b = x_target(b).</summary>
/// <remarks>
/// dx_target += dy; the gradients of the other items come from the ops that read all of x, which are recorded later.
/// x (T + B, E) over sequences   y (B, E).   One copy each way.
/// </remarks>
public sealed unsafe partial class TargetGather : IOp
{
    private readonly Device device;
    private readonly BehaviourHistory history;
    private readonly Tensor x, y;
    private readonly Tensor.GradientSink dx;
    private readonly OpVariant variant;

    /// <summary>Kernel arguments.</summary>
    public readonly record struct Args(SequenceRows Rows, ArrayView<float> X, ArrayView<float> Y, GradientView Dx, ArrayView<float> Dy, int Columns);

    /// <param name="device">The device.</param>
    /// <param name="history">The histories of the sequences.</param>
    /// <param name="x">(T + B, E).</param>
    /// <param name="y">(B, E) output.</param>
    public TargetGather(Device device, BehaviourHistory history, Tensor x, Tensor y)
    {
        if (x.Columns != y.Columns || x.RowKind != history.ItemRows || y.RowKind != RowKind.Batch)
            throw new KernelException($"target gather: x {x}, y {y} do not fit on {device}");
        (this.device, this.history, this.x, this.y) = (device, history, x, y);
        dx = x.Consume();
        variant = device.Select(Portable, Simd);
    }

    /// <summary>x (T + B, E).</summary>
    public Tensor Input => x;

    /// <summary>y (B, E).</summary>
    public Tensor Output => y;

    /// <inheritdoc/>
    public string Name => $"target gather {y.Name}";

    /// <inheritdoc/>
    public void Forward(in Pass pass) => variant.Forward(pass);

    /// <inheritdoc/>
    public void Backward(in Pass pass)
    {
        if (dx.Target is null)
            return;
        if (!dx.Accumulates)
            throw new KernelException($"{Name}: all items must also be read by an op recorded later");
        variant.Backward(pass);
    }

    private OpVariant Simd() => new(
        (in Pass pass) =>
        {
            for (int b = 0; b < pass.Rows; b++)
                x.Span(Target(b), x.Columns).CopyTo(y.Span((long)b * y.Columns, y.Columns));
        },
        (in Pass pass) =>
        {
            for (int b = 0; b < pass.Rows; b++)
                Sums.Add(dx.Target!.Pointer + Target(b), y.Gradient!.Pointer + (long)b * y.Columns, y.Columns);
        });

    private long Target(int b) => (long)(history.Offsets.Pointer[b + 1] + b) * x.Columns;

    private OpVariant Portable()
    {
        Kernel<Args> forward = new(device, ForwardKernel), backward = new(device, BackwardKernel);
        return new(
            (in Pass pass) => forward.Run((long)pass.Rows * y.Columns, Bind(pass)),
            (in Pass pass) => backward.Run((long)pass.Rows * y.Columns, Bind(pass)));
    }

    private Args Bind(in Pass pass) => new(history.BindSequences(pass), x.View, y.View, dx.View, y.BoundGradient, y.Columns);

    private static void ForwardKernel(Args a)
    {
        for (long i = Grid.GlobalLinearIndex; i < (long)a.Rows.B * a.Columns; i += GridLoop.Stride)
            a.Y[i] = a.X[(long)a.Rows.Target((int)(i / a.Columns)) * a.Columns + i % a.Columns];
    }

    private static void BackwardKernel(Args a)
    {
        for (long i = Grid.GlobalLinearIndex; i < (long)a.Rows.B * a.Columns; i += GridLoop.Stride)
            a.Dx.Write((long)a.Rows.Target((int)(i / a.Columns)) * a.Columns + i % a.Columns, a.Dy[i]);
    }
}
