using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Dense;

/// <summary>The numbers of each example in rows of another length, in their order or as the transpose of a matrix: field vectors (B, C·D) become rows of fields (B·C, D), or of dimensions (B·D, C).</summary>
/// <remarks>
/// dx is dy in the shape of x.   x, y (B·n, H) with n·H numbers per example (<see cref="RowKind.PartOfExample"/>), each with its own n and H.
/// One copy each way.
/// </remarks>
public sealed unsafe partial class Reshape : IOp
{
    private const int BlockRows = 64;

    private readonly Device device;
    private readonly Tensor x, y;
    private readonly int length, height, width;
    private readonly Tensor.GradientSink dx;
    private readonly OpVariant variant;

    /// <summary>Kernel arguments: the (Height, Width) matrix of an example becomes its transpose; with height 1, it keeps its order.</summary>
    public readonly record struct Args(ArrayView<float> X, ArrayView<float> Y, GradientView Dx, ArrayView<float> Dy, int Rows, int Height, int Width)
    {
        internal long Length => (long)Rows * Height * Width;

        /// <summary>Index in x of element i of y.</summary>
        internal long Source(long i)
        {
            long example = i / (Height * Width), within = i % (Height * Width);
            return example * Height * Width + within % Height * Width + within / Height;
        }
    }

    /// <param name="device">The device.</param>
    /// <param name="x">(B·n, H).</param>
    /// <param name="y">(B·m, K), n·H = m·K; output.</param>
    /// <param name="transposed">The (K, m) matrix of an example becomes an (m, K) matrix.</param>
    public Reshape(Device device, Tensor x, Tensor y, bool transposed)
    {
        (int from, int to) = (x.RowKind.RowsPerExample, y.RowKind.RowsPerExample);
        if (from == 0 || to == 0 || from * x.Columns != to * y.Columns)
            throw new KernelException($"reshape: {x} does not become {y} on {device}");
        (this.device, this.x, this.y, length) = (device, x, y, to * y.Columns);
        (height, width) = transposed ? (y.Columns, to) : (1, length);
        dx = x.Consume();
        variant = device.Select(Portable, Simd);
    }

    /// <summary>x.</summary>
    public Tensor Input => x;

    /// <summary>y.</summary>
    public Tensor Output => y;

    /// <inheritdoc/>
    public string Name => $"reshape {y.Name}";

    private bool Transposes => height > 1;

    /// <inheritdoc/>
    public void Forward(in Pass pass) => variant.Forward(pass);

    /// <inheritdoc/>
    public void Backward(in Pass pass)
    {
        if (dx.Target is not null)
            variant.Backward(pass);
    }

    private OpVariant Simd()
    {
        RowBlocks forward = new(device, BlockRows, ForwardRows), backward = new(device, BlockRows, BackwardRows);
        return new((in Pass pass) => forward.Run(pass.Rows), (in Pass pass) => backward.Run(pass.Rows));
    }

    private void ForwardRows(int first, int end)
    {
        if (!Transposes)
        {
            x.Span((long)first * length, (end - first) * length).CopyTo(y.Span((long)first * length, (end - first) * length));
            return;
        }
        for (long at = (long)first * length; at < (long)end * length; at += length)
            Transpose.Run(x.Pointer + at, height, width, y.Pointer + at, height);
    }

    private void BackwardRows(int first, int end)
    {
        float* target = dx.Target!.Pointer, dy = y.Gradient!.Pointer, scratch = ThreadScratch.Get((nuint)length);
        for (long at = (long)first * length; at < (long)end * length; at += length)
        {
            float* from = dy + at;
            if (Transposes)
                Transpose.Run(dy + at, width, height, from = dx.Accumulates ? scratch : target + at, width);
            if (dx.Accumulates)
                Sums.Add(target + at, from, length);
            else if (!Transposes)
                new Span<float>(from, length).CopyTo(new Span<float>(target + at, length));
        }
    }

    private OpVariant Portable()
    {
        Kernel<Args> forward = new(device, ForwardKernel), backward = new(device, BackwardKernel);
        return new(
            (in Pass pass) => forward.Run((long)pass.Rows * length, Bind(pass)),
            (in Pass pass) => backward.Run((long)pass.Rows * length, Bind(pass)));
    }

    private Args Bind(in Pass pass) => new(x.View, y.View, dx.View, y.BoundGradient, pass.Rows, height, width);

    private static void ForwardKernel(Args a)
    {
        for (long i = Grid.GlobalLinearIndex; i < a.Length; i += GridLoop.Stride)
            a.Y[i] = a.X[a.Source(i)];
    }

    private static void BackwardKernel(Args a)
    {
        for (long i = Grid.GlobalLinearIndex; i < a.Length; i += GridLoop.Stride)
            a.Dx.Write(a.Source(i), a.Dy[i]);
    }
}
