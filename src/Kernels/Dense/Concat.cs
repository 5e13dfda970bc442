using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Dense;

/// <summary>The columns of several tensors side by side, of each all or a range: y = [x_1, x_2, …]; each gradient is its part of dy.</summary>
/// <remarks>
/// x_i (R, H_i), y (R, Σ H_i).   One copy each way.
/// A range of columns adds to the gradient of its tensor, which an op recorded later writes, because that op reads all columns.
/// </remarks>
public sealed unsafe partial class Concat : IOp
{
    private readonly Device device;
    private readonly Tensor y;
    private readonly Part[] parts;
    private readonly Tensor.GradientSink[] gradients;
    private readonly Copy copy;

    /// <summary>Columns of a tensor.</summary>
    /// <param name="From">The tensor.</param>
    /// <param name="First">The first column.</param>
    /// <param name="Columns">How many.</param>
    public readonly record struct Part(Tensor From, int First, int Columns)
    {
        /// <summary>All columns.</summary>
        public static Part Of(Tensor t) => new(t, 0, t.Columns);

        internal bool IsWhole => Columns == From.Columns;
    }

    /// <summary>Copies or adds (rows, columns) of one tensor, starting at some column, to columns of another.</summary>
    private delegate void Copy(Tensor to, int toColumn, Tensor from, int fromColumn, int columns, int rows, bool add);

    /// <summary>Copies (Rows, Columns) from columns FromColumn of From to columns ToColumn of To.</summary>
    public readonly record struct Args(
        GradientView To, ArrayView<float> From, int Rows, int Columns, int ToStride, int ToColumn, int FromStride, int FromColumn);

    /// <param name="device">The device.</param>
    /// <param name="y">(R, Σ H_i) output.</param>
    /// <param name="parts">What stands side by side.</param>
    public Concat(Device device, Tensor y, params Part[] parts)
    {
        if (parts.Sum(p => p.Columns) != y.Columns || parts.Any(p => p.From.RowKind != y.RowKind || p.First < 0 || p.Columns < 0 || p.First + p.Columns > p.From.Columns))
            throw new KernelException($"concat: {string.Join(", ", parts)} side by side are not {y} on {device}");
        (this.device, this.y, this.parts) = (device, y, parts);
        gradients = [.. parts.Select(p => p.From.Consume())];
        copy = device.Select(Portable, Simd);
    }

    /// <summary>What stands side by side.</summary>
    public IReadOnlyList<Part> Parts => parts;

    /// <summary>(R, Σ H_i).</summary>
    public Tensor Output => y;

    /// <inheritdoc/>
    public string Name => $"concat {y.Name}";

    /// <inheritdoc/>
    public void Forward(in Pass pass)
    {
        int at = 0, rows = pass.RowsOf(y);
        foreach (Part p in parts)
        {
            copy(y, at, p.From, p.First, p.Columns, rows, add: false);
            at += p.Columns;
        }
    }

    /// <inheritdoc/>
    public void Backward(in Pass pass)
    {
        int at = y.Columns, rows = pass.RowsOf(y);
        // The last use of a tensor writes its gradient, so parts go in reverse like ops.
        for (int i = parts.Length - 1; i >= 0; i--)
        {
            at -= parts[i].Columns;
            if (gradients[i].Target is not { } target)
                continue;
            if (!parts[i].IsWhole && !gradients[i].Accumulates)
                throw new KernelException($"{Name}: all columns of {parts[i].From} must also be read by an op recorded later");
            copy(target, parts[i].First, y.Gradient!, at, parts[i].Columns, rows, gradients[i].Accumulates);
        }
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
