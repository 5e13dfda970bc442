using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Attention;

/// <summary>Some items of every sequence: the target, y_b = x_target(b), or the entries at which an item is predicted.</summary>
/// <remarks>
/// dx at these items += dy; the gradients of the other items come from the ops that read all of x, which are recorded later.
/// x over sequences   y (B, E) or (M, E).   One copy each way.
/// </remarks>
public sealed unsafe partial class ItemGather : IOp
{
    private readonly Device device;
    private readonly BehaviourHistory history;
    private readonly SequenceItems items;
    private readonly Tensor x, y;
    private readonly Tensor.GradientSink dx;
    private readonly OpVariant variant;

    /// <summary>Kernel arguments.</summary>
    public readonly record struct Args(QueryItems Queries, ArrayView<float> X, ArrayView<float> Y, GradientView Dx, ArrayView<float> Dy, int Columns)
    {
        /// <summary>Index in x of element <paramref name="i"/> of y.</summary>
        internal long Source(long i)
        {
            int row = (int)(i / Columns);
            // Only a target needs the row of the batch, which is its own.
            return (long)Queries.Item(row, row) * Columns + i % Columns;
        }
    }

    /// <param name="device">The device.</param>
    /// <param name="history">The histories of the sequences.</param>
    /// <param name="x">(·, E) over sequences.</param>
    /// <param name="y">(B, E) over targets, or (M, E) over predictions; output.</param>
    public ItemGather(Device device, BehaviourHistory history, Tensor x, Tensor y)
    {
        (this.device, this.history, items, this.x, this.y) = (device, history, history.Items, x, y);
        if (x.Columns != y.Columns || x.RowKind != items.Rows || y.RowKind == x.RowKind || !items.CanBeQueries(y.RowKind))
            throw new KernelException($"item gather: x {x}, y {y} do not fit on {device}");
        dx = x.Consume();
        variant = device.Select(Portable, Simd);
    }

    /// <summary>x (·, E) over sequences.</summary>
    public Tensor Input => x;

    /// <summary>y (B, E) or (M, E).</summary>
    public Tensor Output => y;

    /// <inheritdoc/>
    public string Name => $"item gather {y.Name}";

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
            for (int r = 0; r < pass.RowsOf(y); r++)
                x.Span(Source(r), x.Columns).CopyTo(y.Span((long)r * y.Columns, y.Columns));
        },
        (in Pass pass) =>
        {
            for (int r = 0; r < pass.RowsOf(y); r++)
                Sums.Add(dx.Target!.Pointer + Source(r), y.Gradient!.Pointer + (long)r * y.Columns, y.Columns);
        });

    private long Source(int row) => (long)items.QueryItem(row) * x.Columns;

    private OpVariant Portable()
    {
        Kernel<Args> forward = new(device, ForwardKernel), backward = new(device, BackwardKernel);
        return new(
            (in Pass pass) => forward.Run((long)pass.RowsOf(y) * y.Columns, Bind(pass)),
            (in Pass pass) => backward.Run((long)pass.RowsOf(y) * y.Columns, Bind(pass)));
    }

    private Args Bind(in Pass pass) => new(items.BindQueries(pass, y), x.View, y.View, dx.View, y.BoundGradient, y.Columns);

    private static void ForwardKernel(Args a)
    {
        for (long i = Grid.GlobalLinearIndex; i < (long)a.Queries.Count * a.Columns; i += GridLoop.Stride)
            a.Y[i] = a.X[a.Source(i)];
    }

    private static void BackwardKernel(Args a)
    {
        for (long i = Grid.GlobalLinearIndex; i < (long)a.Queries.Count * a.Columns; i += GridLoop.Stride)
            a.Dx.Write(a.Source(i), a.Dy[i]);
    }
}
