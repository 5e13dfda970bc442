using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Attention;

/// <summary>The entries of the sequences of a batch at which an item is predicted.</summary>
/// <param name="Entries">(M) rows of a tensor over the history positions, in increasing order.</param>
/// <param name="Starts">(B + 1) those of row b are Starts[b] … Starts[b+1].</param>
public sealed record PredictedEntries(DeviceArray<int> Entries, DeviceArray<int> Starts);

/// <summary>Kernel argument: the items of a batch that ask, in the rows of the tensor of their queries: all items, the target of each sequence, or the entries at which an item is predicted.</summary>
/// <param name="Rows">All items.</param>
/// <param name="Entries">(M) entries of predictions.</param>
/// <param name="Starts">(B + 1) where those of each row of the batch begin.</param>
/// <param name="Count">How many ask.</param>
/// <param name="Who">One of the constants.</param>
public readonly record struct AskingItems(SequenceRows Rows, ArrayView<int> Entries, ArrayView<int> Starts, int Count, int Who)
{
    internal const int All = 0, Targets = 1, Predictions = 2;

    /// <summary>Row of the batch of query number <paramref name="question"/>; queries of all items are numbered as <see cref="SequenceRows"/> numbers items.</summary>
    internal int Owner(int question) => Who == All ? Rows.Owner(question) : Who == Targets ? question : Rows.Owners[Entries[question]];

    /// <summary>Row of a query of row b.</summary>
    internal int Row(int question, int b) => Who == All ? Rows.Row(question, b) : question;

    /// <summary>The item that asks in a row.</summary>
    internal int Item(int row, int b) => Who == All ? row : Who == Targets ? Rows.Last(b) : Entries[row];

    /// <summary>The first query of row b.</summary>
    internal int First(int b) => Who == All ? Rows.First(b) : Who == Targets ? b : Starts[b];

    /// <summary>Its last one.</summary>
    internal int Last(int b) => Who == All ? Rows.Last(b) : Who == Targets ? b : Starts[b + 1] - 1;
}
