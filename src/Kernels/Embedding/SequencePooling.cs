using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Embedding;

/// <summary>How the vectors of a list are pooled.</summary>
public enum PoolingKind
{
    /// <summary>Σ_t v_t.</summary>
    Sum,

    /// <summary>1/T Σ_t v_t.</summary>
    Mean,

    /// <summary>Largest value of each dimension.</summary>
    Max,
}

/// <summary>One list column of a batch on the device, jagged.</summary>
/// <param name="Rows">Table rows of all list columns.</param>
/// <param name="Base">Start of this column in Rows.</param>
/// <param name="Offsets">(B + 1) positions of row b are Offsets[b] … Offsets[b+1].</param>
/// <param name="GradientOffset">Row gradient of element i of Rows is GradientOffset + i.</param>
public sealed record SequenceTensors(DeviceArray<int> Rows, int Base, DeviceArray<int> Offsets, int GradientOffset);

/// <summary>Pools the vectors of a list column: y[b] = pool_t W[row[b,t]], zeros for an empty list.</summary>
/// <remarks>
/// dW at position t = dy (sum), dy / T (mean), dy where v_t is the first of the largest (max).
/// Row gradients are written, or added to those of an op recorded later.
/// y (B, ·), written from column `column` on.   Gathers T·D values; backward writes T·D row gradients. Lists are summed in order.
/// </remarks>
public sealed partial class SequencePooling : IOp
{
    private readonly Device device;
    private readonly EmbeddingTable table;
    private readonly SequenceTensors sequence;
    private readonly Tensor y;
    private readonly int column, d;
    private readonly PoolingKind kind;
    private readonly bool accumulate;
    private readonly OpVariant variant;

    /// <summary>Kernel arguments.</summary>
    public readonly record struct Args(
        ArrayView<float> Table, GradientView RowGradients, ArrayView<int> Rows, ArrayView<int> Offsets, ArrayView<float> Y, ArrayView<float> Dy,
        PoolingKind Kind, int B, int D, int Columns, int Column, int Base, int GradientOffset);

    /// <param name="device">The device.</param>
    /// <param name="table">(ΣV, D).</param>
    /// <param name="sequence">The list column.</param>
    /// <param name="y">(B, ·) output, with gradient.</param>
    /// <param name="column">First of the D columns of y that this op writes.</param>
    /// <param name="kind">Kind of pooling.</param>
    /// <param name="accumulate">An op recorded later reads the same list and writes its row gradients: add to them.</param>
    public SequencePooling(Device device, EmbeddingTable table, SequenceTensors sequence, Tensor y, int column, PoolingKind kind, bool accumulate = false)
    {
        this.accumulate = accumulate;
        (this.device, this.table, this.sequence, this.y, this.column, this.kind) = (device, table, sequence, y, column, kind);
        d = table.Weights.Columns;
        if (column + d > y.Columns)
            throw new KernelException($"sequence pooling: {d} columns from {column} on do not fit {y} on {device}");
        variant = device.Select(Portable, Simd);
    }

    /// <summary>The table of the vectors.</summary>
    public EmbeddingTable Table => table;

    /// <summary>The list column.</summary>
    public SequenceTensors Sequence => sequence;

    /// <summary>y (B, ·), of which D columns from <see cref="Column"/> on are written.</summary>
    public Tensor Output => y;

    /// <summary>First column of y that is written.</summary>
    public int Column => column;

    /// <summary>Kind of pooling.</summary>
    public PoolingKind Kind => kind;

    /// <inheritdoc/>
    public string Name => $"sequence pooling {kind} {y.Name}";

    /// <inheritdoc/>
    public void Forward(in Pass pass) => variant.Forward(pass);

    /// <inheritdoc/>
    public void Backward(in Pass pass) => variant.Backward(pass);

    private OpVariant Portable()
    {
        Kernel<Args> forward = new(device, ForwardKernel), backward = new(device, BackwardKernel);
        return new((in Pass pass) => forward.Run((long)pass.Rows * d, Bind(pass)), (in Pass pass) => backward.Run((long)pass.Rows * d, Bind(pass)));
    }

    private Args Bind(in Pass pass) => new(
        table.Rows.View, GradientView.Of(table.RowGradients.View, accumulate), sequence.Rows.View, sequence.Offsets.View, y.View, y.BoundGradient,
        kind, pass.Rows, d, y.Columns, column, sequence.Base, sequence.GradientOffset);

    private static void ForwardKernel(Args a)
    {
        for (long i = Grid.GlobalLinearIndex; i < (long)a.B * a.D; i += GridLoop.Stride)
        {
            long b = i / a.D;
            int d = (int)(i % a.D), first = a.Offsets[b], last = a.Offsets[b + 1];
            float pooled = 0;
            for (int t = first; t < last; t++)
            {
                float v = a.Table[(long)a.Rows[a.Base + t] * a.D + d];
                pooled = a.Kind != PoolingKind.Max ? pooled + v : t == first || v > pooled ? v : pooled;
            }
            a.Y[b * a.Columns + a.Column + d] = a.Kind == PoolingKind.Mean && last > first ? pooled / (last - first) : pooled;
        }
    }

    private static void BackwardKernel(Args a)
    {
        for (long i = Grid.GlobalLinearIndex; i < (long)a.B * a.D; i += GridLoop.Stride)
        {
            long b = i / a.D;
            int d = (int)(i % a.D), first = a.Offsets[b], last = a.Offsets[b + 1];
            float y = a.Y[b * a.Columns + a.Column + d], g = a.Dy[b * a.Columns + a.Column + d];
            if (a.Kind == PoolingKind.Mean)
                g /= last - first;
            for (int t = first; t < last; t++)
            {
                bool takes = a.Kind != PoolingKind.Max || a.Table[(long)a.Rows[a.Base + t] * a.D + d] == y;
                a.RowGradients.Write(((long)a.GradientOffset + a.Base + t) * a.D + d, takes ? g : 0);
                if (takes && a.Kind == PoolingKind.Max)
                    g = 0;
            }
        }
    }
}
