using ILGPU;

namespace GpuCtr.Kernels.Tensors;

/// <summary>A row-major (Rows, Columns) float matrix on the device, with its gradient where it has one.</summary>
/// <remarks>For activations Rows is the largest batch; a step with fewer rows uses the first ones.</remarks>
public sealed class Tensor : DeviceArray<float>
{
    /// <summary>The <see cref="Group"/> of tensors with one row for each row of the batch.</summary>
    public const int BatchRows = -1;

    /// <summary>The <see cref="Group"/> of tensors over sequences: one row for each history position of behaviour group <paramref name="group"/>, and for each row of the batch one more, its target.</summary>
    /// <remarks>Those of row b begin at row Offsets[b] + b of the tensor, the target last. Called with such a number, it is the number of the group.</remarks>
    public static int SequenceOf(int group) => BatchRows - 1 - group;

    private int consumers;

    internal Tensor(string name, long rows, int columns, int group = BatchRows)
        : base(name, rows * columns)
    {
        Rows = rows;
        Columns = columns;
        Group = group;
    }

    /// <summary>What a row is: a row of the batch, a history position of the behaviour group of this number, or (<see cref="SequenceOf"/>) an item of a sequence of history and target.</summary>
    public int Group { get; }

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
