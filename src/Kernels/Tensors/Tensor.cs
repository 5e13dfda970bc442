using ILGPU;

namespace GpuCtr.Kernels.Tensors;

/// <summary>A row-major (Rows, Columns) float matrix on the device, with its gradient where it has one.</summary>
/// <remarks>For activations Rows is the largest batch; a step with fewer rows uses the first ones.</remarks>
public sealed class Tensor : DeviceArray<float>
{
    private int consumers;

    internal Tensor(string name, long rows, int columns, RowKind kind = default)
        : base(name, rows * columns)
    {
        Rows = rows;
        Columns = columns;
        RowKind = kind;
    }

    /// <summary>What a row is.</summary>
    public RowKind RowKind { get; }

    /// <summary>Leading dimension.</summary>
    public long Rows { get; }

    /// <summary>Values per row.</summary>
    public int Columns { get; }

    /// <summary>d loss / d this; null where nothing upstream learns from it.</summary>
    public Tensor? Gradient { get; internal set; }

    /// <summary>The gradient for kernels; the tensor itself where it has none, since a kernel must be bound to something even where it does not look.</summary>
    internal ArrayView<float> BoundGradient => (Gradient ?? this).View;

    /// <summary>Statistics of the columns that the op which writes this tensor keeps on its way; null where it does not.</summary>
    internal Simd.ColumnStatistics? Statistics { get; set; }

    /// <summary>True when a recorded op reads this tensor, so that its gradient is written before its producer's backward.</summary>
    public bool IsConsumed => consumers > 0;

    /// <summary>Called by every op that reads this tensor, once a use, while it is recorded.</summary>
    internal GradientSink Consume() => new(this, ++consumers);

    /// <inheritdoc/>
    public override string ToString() => $"{Name} ({Rows}, {Columns})";

    /// <summary>The right to write the gradient of an input.</summary>
    /// <remarks>Backward runs in reverse order, so the use recorded last writes and every earlier one adds.</remarks>
    internal readonly struct GradientSink(Tensor tensor, int use)
    {
        /// <summary>Where the gradient goes; null when nobody wants it.</summary>
        public Tensor? Target => tensor.Gradient;

        /// <summary>True: add to what is there. False: write.</summary>
        public bool Accumulates => use < tensor.consumers;

        /// <summary>The same for kernels.</summary>
        public GradientView View => Target is { } target ? GradientView.Of(target.View, Accumulates) : GradientView.Dropped(tensor.View);
    }
}
