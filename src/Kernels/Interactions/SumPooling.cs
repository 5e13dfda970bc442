using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Interactions;

/// <summary>The sum of the rows of each example: y_b = Σ_d x_bd; the sum pooling of feature maps (Lian et al., xDeepFM, KDD 2018, eq. 8).</summary>
/// <remarks>dx_bd = dy_b.   x (B·D, H), D rows per example (<see cref="RowKind.PartOfExample"/>)   y (B, H).   x is read once, dx written once; sums are in the order of the rows: the same bits every run.</remarks>
public sealed unsafe partial class SumPooling : IOp
{
    private const int BlockRows = 64;

    private readonly Device device;
    private readonly Tensor x, y;
    private readonly int d;
    private readonly Tensor.GradientSink dx;
    private readonly OpVariant variant;

    /// <summary>Kernel arguments.</summary>
    public readonly record struct Args(ArrayView<float> X, ArrayView<float> Y, GradientView Dx, ArrayView<float> Dy, int Rows, int D, int Columns);

    /// <param name="device">The device.</param>
    /// <param name="x">(B·D, H).</param>
    /// <param name="y">(B, H) output.</param>
    public SumPooling(Device device, Tensor x, Tensor y)
    {
        d = x.RowKind.RowsPerExample;
        if (d == 0 || x.Columns != y.Columns || y.RowKind != RowKind.Batch)
            throw new KernelException($"sum pooling: the rows of {x} are not summed to {y} on {device}");
        (this.device, this.x, this.y) = (device, x, y);
        dx = x.Consume();
        variant = device.Select(Portable, () => RowBlocks.Variant(device, y, BlockRows, ForwardRows, BackwardRows));
    }

    /// <summary>x (B·D, H).</summary>
    public Tensor Input => x;

    /// <summary>y (B, H).</summary>
    public Tensor Output => y;

    /// <inheritdoc/>
    public string Name => $"sum pooling {y.Name}";

    /// <inheritdoc/>
    public void Forward(in Pass pass) => variant.Forward(pass);

    /// <inheritdoc/>
    public void Backward(in Pass pass)
    {
        if (dx.Target is not null)
            variant.Backward(pass);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ForwardRows(int first, int end)
    {
        int h = y.Columns;
        for (long b = first; b < end; b++)
        {
            y.Span(b * h, h).Clear();
            Sums.AddRows(y.Pointer + b * h, x.Pointer + b * d * h, d, h, h);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void BackwardRows(int first, int end)
    {
        int h = y.Columns;
        for (long b = first; b < end; b++)
            for (int j = 0; j < h; j += Lanes.Count)
            {
                Vector512<float> dy = Lanes.Load(y.Gradient!.Pointer + b * h + j, h - j);
                for (long row = b * d; row < (b + 1) * d; row++)
                    dx.Write(row * h + j, dy, h - j);
            }
    }

    private OpVariant Portable()
    {
        Kernel<Args> forward = new(device, ForwardKernel), backward = new(device, BackwardKernel);
        return new(
            (in Pass pass) => forward.Run((long)pass.Rows * y.Columns, Bind(pass)),
            (in Pass pass) => backward.Run((long)pass.RowsOf(x) * x.Columns, Bind(pass)));
    }

    private Args Bind(in Pass pass) => new(x.View, y.View, dx.View, y.BoundGradient, pass.Rows, d, y.Columns);

    /// <summary>One item = one value of y.</summary>
    private static void ForwardKernel(Args a)
    {
        for (long i = Grid.GlobalLinearIndex; i < (long)a.Rows * a.Columns; i += GridLoop.Stride)
        {
            long first = i / a.Columns * a.D * a.Columns + i % a.Columns;
            float sum = 0;
            for (int d = 0; d < a.D; d++)
                sum += a.X[first + (long)d * a.Columns];
            a.Y[i] = sum;
        }
    }

    private static void BackwardKernel(Args a)
    {
        for (long i = Grid.GlobalLinearIndex; i < (long)a.Rows * a.D * a.Columns; i += GridLoop.Stride)
            a.Dx.Write(i, a.Dy[i / a.Columns / a.D * a.Columns + i % a.Columns]);
    }
}
