using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Dense;

/// <summary>The concatenated columns of two tensors: y = [a, b]; each gradient is its part of dy.</summary>
/// <remarks>a (R, H), b (R, K), y (R, H + K).   One copy each way.</remarks>
public sealed unsafe partial class Concat : IOp
{
    private readonly Device device;
    private readonly Tensor y, a, b;
    private readonly Tensor.GradientSink da, db;
    private readonly Copy copy;

    /// <summary>Copies or adds (rows, columns) of one tensor, starting at some column, to columns of another.</summary>
    private delegate void Copy(Tensor to, int toColumn, Tensor from, int fromColumn, int columns, int rows, bool add);

    /// <summary>Copies (Rows, Columns) from columns FromColumn of From to columns ToColumn of To.</summary>
    public readonly record struct Args(
        GradientView To, ArrayView<float> From, int Rows, int Columns, int ToStride, int ToColumn, int FromStride, int FromColumn);

    /// <param name="device">The device.</param>
    /// <param name="y">(R, H + K) output.</param>
    /// <param name="a">(R, H).</param>
    /// <param name="b">(R, K).</param>
    public Concat(Device device, Tensor y, Tensor a, Tensor b)
    {
        if (a.Columns + b.Columns != y.Columns || a.RowKind != b.RowKind)
            throw new KernelException($"concat: {a} and {b} side by side are not {y} on {device}");
        (this.device, this.y, this.a, this.b) = (device, y, a, b);
        (da, db) = (a.Consume(), b.Consume());
        copy = device.Select(Portable, Simd);
    }

    /// <summary>(R, H) and (R, K).</summary>
    public (Tensor A, Tensor B) Inputs => (a, b);

    /// <summary>(R, H + K).</summary>
    public Tensor Output => y;

    /// <inheritdoc/>
    public string Name => $"concat {y.Name}";

    /// <inheritdoc/>
    public void Forward(in Pass pass)
    {
        int rows = pass.RowsOf(y);
        copy(y, 0, a, 0, a.Columns, rows, add: false);
        copy(y, a.Columns, b, 0, b.Columns, rows, add: false);
    }

    /// <inheritdoc/>
    public void Backward(in Pass pass)
    {
        int rows = pass.RowsOf(y);
        if (da.Target is { } first)
            copy(first, 0, y.Gradient!, 0, a.Columns, rows, da.Accumulates);
        if (db.Target is { } second)
            copy(second, 0, y.Gradient!, a.Columns, b.Columns, rows, db.Accumulates);
    }

    private Copy Simd()
    {
        MatrixCopy copy = new(device);
        return (to, toColumn, from, fromColumn, columns, rows, add) =>
            copy.Run(to.Pointer + toColumn, to.Columns, from.Pointer + fromColumn, from.Columns, rows, columns, add);
    }

    private Copy Portable()
    {
        Kernel<Args> copy = new(device, Kernel);
        return (to, toColumn, from, fromColumn, columns, rows, add) =>
            copy.Run((long)rows * columns, new(GradientView.Of(to.View, add), from.View, rows, columns, to.Columns, toColumn, from.Columns, fromColumn));
    }

    private static void Kernel(Args a)
    {
        for (long i = Grid.GlobalLinearIndex; i < (long)a.Rows * a.Columns; i += GridLoop.Stride)
        {
            long r = i / a.Columns, c = i % a.Columns;
            a.To.Write(r * a.ToStride + a.ToColumn + c, a.From[r * a.FromStride + a.FromColumn + c]);
        }
    }
}
