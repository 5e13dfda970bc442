using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Attention;

/// <summary>
/// The histories of one behaviour group (item, category, shop … of the same events) on the device: jagged, never padded.
/// A key k_t is the concatenation of the group's G field vectors, a query q that of its target fields; both are E = G·D wide.
/// In models that predict the next item there is no target: a sequence is its history only.
/// </summary>
/// <param name="Table">(ΣV, D) shared by histories and targets.</param>
/// <param name="RowGradients">(P, D) gradients of lookups, including those of history positions.</param>
/// <param name="Vectors">(B, C·D) field vectors, the targets among them.</param>
/// <param name="Rows">Table rows of all histories of the model, field after field.</param>
/// <param name="Bases">(G) start of each field of this group in Rows.</param>
/// <param name="TargetFields">(G) column of each target among the C fields; none without a target.</param>
/// <param name="Offsets">(B + 1) positions of row b are Offsets[b] … Offsets[b+1].</param>
/// <param name="Owners">(T) row of the batch of each position.</param>
/// <param name="Group">Number of the group.</param>
/// <param name="MaxTokens">Largest number of positions in a batch.</param>
/// <param name="GradientOffset">Row gradient of element i of Rows is GradientOffset + i.</param>
public sealed partial record BehaviourHistory(
    Tensor Table, Tensor RowGradients, Tensor Vectors, DeviceArray<int> Rows, DeviceArray<int> Bases, DeviceArray<int> TargetFields,
    DeviceArray<int> Offsets, DeviceArray<int> Owners, int Group, int MaxTokens, int GradientOffset)
{
    /// <summary>The history that defines the positions, if the keys are not looked up (<see cref="Over"/>); else null.</summary>
    internal BehaviourHistory? Along { get; private init; }

    /// <summary>The gradient of such keys.</summary>
    internal Tensor.GradientSink KeyGradientSink { get; private init; }

    /// <summary>The rows of a tensor over the history positions.</summary>
    public RowKind PositionRows => RowKind.HistoryPosition(Group);

    /// <summary>Whether a sequence ends with a target.</summary>
    public bool HasTarget => TargetFields.Length > 0;

    /// <summary>The entries at which items are predicted; null in a model of clicks.</summary>
    public PredictedEntries? Predictions { get; init; }

    /// <summary>The rows of a tensor over sequences: the history, and the target if there is one.</summary>
    public RowKind ItemRows => HasTarget ? RowKind.SequenceItem(Group) : PositionRows;

    /// <summary>The sequences: histories, with the target if there is one.</summary>
    public SequenceItems Items => new(Offsets, Owners, ItemRows, ExportItemMask, HasTarget, Predictions);

    /// <summary>D: width of a field vector.</summary>
    public int D => Table.Columns;

    /// <summary>E: width of keys and queries.</summary>
    public int E => checked((int)Bases.Length * D);

    /// <summary>L: largest number of positions of an example.</summary>
    public int MaxLength => MaxTokens / checked((int)Vectors.Rows);

    /// <summary>Largest number of rows of a tensor over sequences (<see cref="ItemRows"/>) in a batch.</summary>
    public int MaxItems => HasTarget ? checked(MaxTokens + (int)Vectors.Rows) : MaxTokens;

    /// <summary>Keys and queries that are outputs of other ops, over the positions of this history: gradients of keys are added to those of <paramref name="keys"/>.</summary>
    /// <param name="keys">(T, E).</param>
    /// <param name="queries">(B, E).</param>
    /// <param name="positions">(T) 0, 1, 2, …</param>
    /// <param name="zero">(1) 0.</param>
    internal BehaviourHistory Over(Tensor keys, Tensor queries, DeviceArray<int> positions, DeviceArray<int> zero) => this with
    {
        Along = Along ?? this,
        KeyGradientSink = keys.Consume(),
        Table = keys,
        RowGradients = keys.Gradient!,
        Vectors = queries,
        Rows = positions,
        Bases = zero,
        TargetFields = zero,
        GradientOffset = 0,
    };

    /// <summary>Keys, queries and their gradients as kernel arguments.</summary>
    public readonly record struct View(
        ArrayView<float> Table, ArrayView<float> RowGradients, ArrayView<float> Vectors, ArrayView<float> Dvectors,
        ArrayView<int> Rows, ArrayView<int> Bases, ArrayView<int> TargetFields, ArrayView<int> Offsets, ArrayView<int> Owners,
        int D, int E, int Columns, int GradientOffset)
    {
        /// <summary>k[t, e].</summary>
        internal float Key(int t, int e) => Table[(long)Rows[Bases[e / D] + t] * D + e % D];

        /// <summary>Index of dk[t, e] in RowGradients.</summary>
        internal long KeyGradient(int t, int e) => ((long)GradientOffset + Bases[e / D] + t) * D + e % D;

        /// <summary>Index of q[b, e] in Vectors, and of dq[b, e] in Dvectors.</summary>
        internal long Query(int b, int e) => (long)b * Columns + TargetFields[e / D] * D + e % D;
    }

    internal View Bind() => new(
        Table.View, RowGradients.View, Vectors.View, Vectors.BoundGradient, Rows.View, Bases.View, TargetFields.View, Offsets.View, Owners.View,
        D, E, Vectors.Columns, GradientOffset);
}
