using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Attention;

/// <summary>The entries of the sequences of a batch at which an item is predicted.</summary>
/// <param name="Entries">(M) rows of a tensor over the history positions, in increasing order.</param>
/// <param name="Starts">(B + 1) the queries of row b are Starts[b] … Starts[b+1].</param>
public sealed record PredictedEntries(DeviceArray<int> Entries, DeviceArray<int> Starts);

/// <summary>Kernel argument: the items of a batch whose queries a tensor has in its rows: all items, the target of each sequence, or the entries at which an item is predicted.</summary>
/// <param name="Rows">All items.</param>
/// <param name="Entries">(M) entries of predictions.</param>
/// <param name="Starts">(B + 1) start of the queries of each row of the batch.</param>
/// <param name="Count">Number of queries.</param>
/// <param name="Kind">One of the constants.</param>
public readonly record struct QueryItems(SequenceRows Rows, ArrayView<int> Entries, ArrayView<int> Starts, int Count, int Kind)
{
    internal const int All = 0, Targets = 1, Predictions = 2;

    /// <summary>Row of the batch of query number <paramref name="query"/>; queries of all items are numbered as <see cref="SequenceRows"/> numbers items.</summary>
    internal int Owner(int query) => Kind == All ? Rows.Owner(query) : Kind == Targets ? query : Rows.Owners[Entries[query]];

    /// <summary>Row of a query of row b.</summary>
    internal int Row(int query, int b) => Kind == All ? Rows.Row(query, b) : query;

    /// <summary>The item whose query is in a row.</summary>
    internal int Item(int row, int b) => Kind == All ? row : Kind == Targets ? Rows.Last(b) : Entries[row];

    /// <summary>The first query of row b.</summary>
    internal int First(int b) => Kind == All ? Rows.First(b) : Kind == Targets ? b : Starts[b];

    /// <summary>Its last one.</summary>
    internal int Last(int b) => Kind == All ? Rows.Last(b) : Kind == Targets ? b : Starts[b + 1] - 1;
}
