using ILGPU;

namespace GpuCtr.Kernels.Tensors;

/// <summary>A row-major (Rows, Columns) float matrix on the device, with its gradient if it has one.</summary>
/// <remarks>For activations Rows is the largest batch; a step with fewer rows uses the first ones.</remarks>
public class Tensor : DeviceArray<float>
{
    private int consumers;

    internal Tensor(string name, long rows, int columns, RowKind kind = default)
        : base(name, rows * columns)
    {
        Rows = rows;
        Columns = columns;
        RowKind = kind;
    }

    /// <summary>What a row stands for.</summary>
    public RowKind RowKind { get; }

    /// <summary>Leading dimension.</summary>
    public long Rows { get; }

    /// <summary>Values per row.</summary>
    public int Columns { get; }

    /// <summary>d loss / d this; null if nothing upstream is trained by it.</summary>
    public Tensor? Gradient { get; internal set; }

    /// <summary>The gradient as a kernel argument; without a gradient, the tensor itself as a dummy view, because ILGPU needs one bound.</summary>
    internal ArrayView<float> BoundGradient => (Gradient ?? this).View;

    /// <summary>Column statistics that the op writing this tensor computes along the way; null if it does not.</summary>
    internal Simd.ColumnStatistics? Statistics { get; set; }

    /// <summary>True when a recorded op reads this tensor, so that its gradient is written before its producer's backward.</summary>
    public bool IsConsumed => consumers > 0;

    /// <summary>Called by every op that reads this tensor, once per use, when the op is recorded.</summary>
    internal GradientSink Consume() => new(this, ++consumers);

    /// <inheritdoc/>
    public override string ToString() => $"{Name} ({Rows}, {Columns})";

    /// <summary>The right to write the gradient of an input.</summary>
    /// <remarks>Backward runs in reverse order, so the use recorded last writes and every earlier one adds.</remarks>
    internal readonly struct GradientSink(Tensor tensor, int use)
    {
        /// <summary>The gradient tensor; null if the gradient is unused.</summary>
        public Tensor? Target => tensor.Gradient;

        /// <summary>True: add to the gradient. False: overwrite it.</summary>
        public bool Accumulates => use < tensor.consumers;

        /// <summary>The same as a kernel argument.</summary>
        public GradientView View => Target is { } target ? GradientView.Of(target.View, Accumulates) : GradientView.Dropped(tensor.View);
    }
}
