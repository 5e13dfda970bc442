using GpuCtr.Kernels.Onnx;
using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Attention;

/// <summary>Sequences of items, one for each example or each list: which rows of a tensor over items belong to which sequence, and which of them can be queries of attention.</summary>
/// <remarks>
/// If every example has a target, it is the last item of its sequence, over a history or over fields. Without targets, a sequence can be empty, and
/// the queries can be all items, or only those at which an item is predicted. If the sequences are lists, their items are the examples of the batch.
/// Below, B is the number of sequences.
/// </remarks>
/// <param name="Offsets">(B + 1) items of sequence b, without a target, begin at Offsets[b]; with targets, its rows are Offsets[b] + b … Offsets[b + 1] + b.</param>
/// <param name="Owners">(T) sequence of every item that is not a target.</param>
/// <param name="Rows">The rows of a tensor over the items.</param>
/// <param name="Mask">Exports which items of padded sequences take part, (B, 1, 1, T) or with a target (B, 1, 1, T + 1); null: all do.</param>
/// <param name="HasTarget">Whether every example has one more item, its last.</param>
/// <param name="Predictions">The entries at which items are predicted; null without any.</param>
/// <param name="Sequences">The row kind of a sequence: an example of the batch, or a list of examples.</param>
public sealed unsafe record SequenceItems(
    DeviceArray<int> Offsets, DeviceArray<int> Owners, RowKind Rows, Func<IOnnxGraph, string>? Mask, bool HasTarget = true, PredictedEntries? Predictions = null, RowKind Sequences = default)
{
    private int Targets => HasTarget ? 1 : 0;

    /// <summary>The lists of the batch, whose items are its examples.</summary>
    /// <param name="offsets">(B + 1) where each list begins.</param>
    /// <param name="owners">(rows) list of every example.</param>
    public static SequenceItems OfLists(DeviceArray<int> offsets, DeviceArray<int> owners) => new(offsets, owners, RowKind.Batch, Mask: null, HasTarget: false, Sequences: RowKind.List);

    /// <summary>Whether the items are the examples of the batch: then an exported graph scores one list.</summary>
    internal bool AreExamples => Rows == RowKind.Batch;

    /// <summary>B: sequences of the batch.</summary>
    internal int Count(in Pass pass) => Sequences.Count(pass.Rows, pass.Tokens);

    /// <summary>Sequences of the batch of all ranks.</summary>
    internal int WholeCount(in Pass pass) => pass.Slice is { } s ? Sequences.Count(s.WholeRows, s.WholeTokens) : Count(pass);

    internal SequenceRows Bind(in Pass pass) =>
        new(Offsets.View, Owners.View, Rows.Count(pass.Rows, pass.Tokens) - Targets * Count(pass), Count(pass), Targets);

    /// <summary>Whether a tensor can have the queries of some items: of all, of targets, or of predictions.</summary>
    internal bool CanBeQueries(RowKind rows) => rows == Rows || (HasTarget ? rows == RowKind.Batch : rows == RowKind.Prediction && Predictions is not null);

    /// <summary>The items whose queries are the rows of a tensor.</summary>
    internal QueryItems BindQueries(in Pass pass, Tensor queries) => new(
        Bind(pass), (Predictions?.Entries ?? Owners).View, (Predictions?.Starts ?? Offsets).View, pass.RowsOf(queries),
        queries.RowKind == Rows ? QueryItems.All : HasTarget ? QueryItems.Targets : QueryItems.Predictions);

    /// <summary>The rows of a sequence, in host memory.</summary>
    internal (int First, int Count) Of(int b) => (Offsets.Pointer[b] + Targets * b, Offsets.Pointer[b + 1] - Offsets.Pointer[b] + Targets);

    /// <summary>The item of a row of a tensor of targets or of predictions, in host memory.</summary>
    internal int QueryItem(int row) => HasTarget ? Offsets.Pointer[row + 1] + row : Predictions!.Entries.Pointer[row];
}

/// <summary>Kernel argument: maps rows of a tensor over sequences to their sequence b, which is a row of the batch or a list.</summary>
/// <remarks>Kernels number the items of a batch positions first, then targets, so that the row of an item is found without a search.</remarks>
/// <param name="Offsets">(B + 1).</param>
/// <param name="Owners">(T).</param>
/// <param name="T">Positions of the batch.</param>
/// <param name="B">Sequences of the batch.</param>
/// <param name="Targets">Targets of a sequence, 1 or 0.</param>
public readonly record struct SequenceRows(ArrayView<int> Offsets, ArrayView<int> Owners, int T, int B, int Targets)
{
    /// <summary>Items of the batch.</summary>
    internal int Count => T + Targets * B;

    /// <summary>The sequence of an item.</summary>
    internal int Owner(int item) => item < T ? Owners[item] : item - T;

    /// <summary>Row of an item of row b.</summary>
    internal int Row(int item, int b) => item < T ? item + Targets * b : Last(b);

    /// <summary>The first row of row b.</summary>
    internal int First(int b) => Offsets[b] + Targets * b;

    /// <summary>Its last one, the target if there is one.</summary>
    internal int Last(int b) => Offsets[b + 1] + Targets * (b + 1) - 1;
}
