namespace GpuCtr.Kernels.Tensors;

/// <summary>What a row of a tensor represents, which determines how many rows a pass uses (<see cref="Pass.RowsOf(Tensor)"/>); by default, an example of the batch.</summary>
public readonly record struct RowKind
{
    private readonly Of of;
    private readonly int number;

    private RowKind(Of of, int number) => (this.of, this.number) = (of, number);

    private enum Of
    {
        Batch,
        HistoryPosition,
        SequenceItem,
        HistoryPair,
        Shared,
        PartOfExample,
        Prediction,
        List,
        Candidate,
    }

    /// <summary>An example of the batch.</summary>
    public static RowKind Batch => default;

    /// <summary>A history position of behaviour group <paramref name="group"/>.</summary>
    public static RowKind HistoryPosition(int group) => new(Of.HistoryPosition, group);

    /// <summary>An item of the sequences of behaviour group <paramref name="group"/>: its history positions, and one target for each example.</summary>
    /// <remarks>The items of example b start at row Offsets[b] + b of the tensor, the target last.</remarks>
    public static RowKind SequenceItem(int group) => new(Of.SequenceItem, group);

    /// <summary>A history position of behaviour group <paramref name="group"/> paired with its next item or a negative: row 2t is position t with the clicked item, row 2t + 1 with the negative.</summary>
    public static RowKind HistoryPair(int group) => new(Of.HistoryPair, group);

    /// <summary>One row for all examples of the batch, as for a parameter that is the input of layers, and for their outputs.</summary>
    public static RowKind Shared => new(Of.Shared, 0);

    /// <summary>One of <paramref name="parts"/> parts of an example, such as its fields or the dimensions of its vectors; those of an example follow each other.</summary>
    public static RowKind PartOfExample(int parts) => new(Of.PartOfExample, parts);

    /// <summary>An entry of a sequence at which an item is predicted; a pass counts predictions after the groups.</summary>
    public static RowKind Prediction => new(Of.Prediction, 0);

    /// <summary>A list, whose items are consecutive examples of the batch; a pass counts lists after the groups.</summary>
    public static RowKind List => new(Of.List, 0);

    /// <summary>A class of the sampled softmax; a pass counts candidates after the predictions.</summary>
    public static RowKind Candidate => new(Of.Candidate, 0);

    /// <summary>Rows of this kind for each example; 0 if that depends on the batch.</summary>
    internal int RowsPerExample => of switch
    {
        Of.Batch => 1,
        Of.PartOfExample => number,
        _ => 0,
    };

    /// <summary>Number of rows of this kind in a batch.</summary>
    /// <param name="batch">Rows of the batch.</param>
    /// <param name="tokens">History positions of each behaviour group, then predictions and candidates, or lists, if there are any; null without histories.</param>
    internal int Count(int batch, int[]? tokens) => of switch
    {
        Of.Batch => batch,
        Of.HistoryPosition => tokens![number],
        Of.HistoryPair => 2 * tokens![number],
        Of.Prediction => tokens![^2],
        Of.Candidate or Of.List => tokens![^1],
        Of.Shared => 1,
        Of.PartOfExample => checked(batch * number),
        _ => tokens![number] + batch,
    };
}
