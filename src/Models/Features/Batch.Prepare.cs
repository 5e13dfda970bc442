using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;

namespace GpuCtr.Models.Features;

public sealed partial class Batch
{
    private readonly LookupSorter? sorter;
    private readonly PinnedBuffer<int> order, segmentStart, segmentRow, segmentOfBlock, segmentCount;
    private readonly PinnedBuffer<int>[] owners;
    private readonly int[] offsets;

    /// <summary>Valid history positions of all rows, for each behaviour group; known after <see cref="Prepare"/>.</summary>
    internal int[] Tokens { get; }

    /// <summary>U: distinct table rows in this batch; known after <see cref="Prepare"/>, 0 if the device sorts.</summary>
    public int Segments { get; private set; }

    /// <summary>Largest number of history positions in a batch of this shape.</summary>
    internal static int PositionCapacity(FeatureSpec spec, int capacity) =>
        checked(capacity * spec.F + spec.Sequences.Sum(s => capacity * s.MaxLength));

    /// <summary>Rows of the row gradients: C per example, followed by one per id of the list columns.</summary>
    internal static int GradientRows(FeatureSpec spec, int capacity) => checked(capacity * spec.C + spec.Sequences.Sum(s => capacity * s.MaxLength));

    /// <summary>
    /// Checks every id against its vocabulary, turns ids into table rows and sorts the positions by row for the scatter-add, unless the device will.
    /// Runs on the loader's thread, before the device sees the batch. Allocates nothing.
    /// </summary>
    /// <param name="training">False: the batch is used for prediction only, and its lookups need not be sorted.</param>
    /// <exception cref="ArgumentException">The offsets of a list do not start at 0 or do not increase by 0 to its maximum length.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An id is outside its vocabulary; the message names field, row and id.</exception>
    public void Prepare(bool training = true)
    {
        foreach (BatchSequence s in Sequences)
            s.CheckShape(Rows);
        for (int group = 0; group < Tokens.Length; group++)
            ShapeGroup(group);
        sorter?.Clear();
        IsSorted = training && sorter is not null;
        Span<int> rows = Ids;
        int i = 0, fields = Spec.F;
        for (int b = 0; b < Rows; b++)
            for (int f = 0; f < fields; f++, i++)
            {
                CategoricalField field = Spec.Categorical[f];
                rows[i] = TableRow(rows[i], field.Vocabulary, field.Name, b, b * columns + f);
            }
        int gradient = Capacity * columns;
        for (int sequence = 0; sequence < Sequences.Length; sequence++)
        {
            BatchSequence s = Sequences[sequence];
            Span<int> values = s.Values, starts = s.Offsets;
            for (int b = 0; b < Rows; b++)
                for (int t = starts[b]; t < starts[b + 1]; t++)
                    values[t] = TableRow(values[t], s.Field.Vocabulary, s.Field.Name, b, gradient + t);
            gradient += Capacity * s.Field.MaxLength;
        }
        IsPrepared = true;
        if (!IsSorted)
            return;
        Segments = sorter!.Sort(totalRows, order.Span, segmentStart.Span, segmentRow.Span);
        SortedLookups.FindBlocks(segmentStart.Span[..(Segments + 1)], segmentOfBlock.Span);
    }

    /// <summary>Checks that the histories of a group are equally long, pads them where that is asked, and notes the row of each position.</summary>
    private void ShapeGroup(int group)
    {
        BatchSequence first = histories[group][0];
        Span<int> shape = first.Offsets[..(Rows + 1)], owner = owners[group].Span;
        foreach (BatchSequence s in histories[group])
            if (!s.Offsets[..(Rows + 1)].SequenceEqual(shape))
                throw new ArgumentException(Mismatch(first, s));
        foreach (BatchSequence s in histories[group])
            if (Spec.PadHistories)
                s.Pad(Rows);
        for (int b = 0; b < Rows; b++)
            owner[shape[b]..shape[b + 1]].Fill(b);
        Tokens[group] = shape[Rows];
    }

    private string Mismatch(BatchSequence first, BatchSequence other)
    {
        int b = 0;
        while (Length(first, b) == Length(other, b))
            b++;
        return $"row {b} of the batch: {first.Field.Name} has {Length(first, b)} entries and {other.Field.Name} has {Length(other, b)}; histories of one group must have equal lengths";
    }

    private static int Length(BatchSequence s, int b) => s.Offsets[b + 1] - s.Offsets[b];

    private int TableRow(int id, int vocabulary, string field, int b, int gradient)
    {
        int size = vocabularyRows[vocabulary];
        if ((uint)id >= (uint)size)
            throw new ArgumentOutOfRangeException(field, id, $"field {field}, row {b} of the batch: id {id} is outside its vocabulary of {size} rows");
        int row = offsets[vocabulary] + id;
        // Id 0 is padding: it reads zeros and is never trained.
        if (id != 0 && IsSorted)
            sorter!.Add(row, gradient);
        return row;
    }
}
