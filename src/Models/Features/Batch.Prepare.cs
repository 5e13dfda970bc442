using GpuCtr.Kernels;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;

namespace GpuCtr.Models.Features;

public sealed partial class Batch
{
    private readonly LookupSorter? sorter;
    private readonly PinnedBuffer<int> order, segmentStart, segmentRow, segmentOfBlock, segmentCount;
    private readonly PinnedBuffer<int>[] owners;

    /// <summary>Valid history positions of all rows, for each behaviour group, then predictions and candidates if the model predicts items, or lists if it ranks them; known after <see cref="Prepare"/>.</summary>
    internal int[] Tokens { get; }

    /// <summary>Position of this part in the batch of all ranks; null for a whole batch.</summary>
    internal BatchSlice? Slice { get; }

    /// <summary>(U) the positions of the table rows that this part reads; known after <see cref="Prepare"/>.</summary>
    internal ReadOnlySpan<int> Places => segmentRow.Span[..Segments];

    /// <summary>U: distinct table rows in this batch; known after <see cref="Prepare"/>, 0 if the device sorts.</summary>
    public int Segments { get; private set; }

    /// <summary>Largest number of lookups of a batch of this shape in the embedding table.</summary>
    internal static int LookupCapacity(FeatureSpec spec, int capacity) =>
        checked(capacity * (spec.F + spec.PairCount) + spec.Sequences.Sum(s => capacity * s.MaxLength) + CandidateCapacity(spec, capacity));

    /// <summary>Largest number of candidates of a batch; 0 if the softmax is over all items.</summary>
    internal static int CandidateCapacity(FeatureSpec spec, int capacity) => spec.Sampling?.Capacity(checked(capacity * spec.MostPredictions)) ?? 0;

    /// <summary>Largest number of lookups of one table row: those of all columns of its vocabulary, or those of all pairs.</summary>
    internal static int MostLookupsOfRow(FeatureSpec spec, int capacity) => spec.Vocabularies
        .Select((_, v) => checked(capacity * (spec.Categorical.Count(c => c.Vocabulary == v) + spec.Sequences.Where(s => s.Vocabulary == v).Sum(s => s.MaxLength)) + (spec.Sampling is null ? 0 : 1)))
        .Append(checked(capacity * spec.PairCount)).Max();

    /// <summary>Rows of the row gradients: C per example, followed by one per id of the list columns, one per pair of fields, and one per candidate.</summary>
    internal static int GradientRows(FeatureSpec spec, int capacity) => checked(FirstCandidateGradient(spec, capacity) + CandidateCapacity(spec, capacity));

    /// <summary>Where the row gradients of candidates begin.</summary>
    internal static int FirstCandidateGradient(FeatureSpec spec, int capacity) => checked(FirstPairGradient(spec, capacity) + capacity * spec.PairCount);

    /// <summary>Where the row gradients of pairs begin.</summary>
    internal static int FirstPairGradient(FeatureSpec spec, int capacity) => checked(capacity * spec.C + spec.Sequences.Sum(s => capacity * s.MaxLength));

    /// <summary>
    /// Checks that every table row lies within the vocabulary of its field, and sorts the lookups by row for the scatter-add, unless the device will.
    /// Runs on the loader's thread, before the device sees the batch. Allocates nothing.
    /// </summary>
    /// <param name="training">False: the batch is used for prediction only; its lookups need not be sorted, and negatives are not read.</param>
    /// <exception cref="ArgumentException">The offsets of a list do not start at 0 or do not increase by 0 to its maximum length; or the lists to rank do not cover the rows of the batch.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An id is outside its vocabulary; the message names field, row and id.</exception>
    public void Prepare(bool training = true)
    {
        IsForTraining = training;
        foreach (BatchSequence s in Sequences)
            if (IsRead(s))
                s.CheckShape(Rows);
        for (int group = 0; group < histories.Length; group++)
            ShapeGroup(group);
        RepeatIds();
        PreparePredictions();
        PrepareLists();
        LookupSorter? lookups = training || numbered is not null ? sorter : null;
        lookups?.Clear();
        AddFields(lookups);
        int gradient = Capacity * columns;
        foreach (BatchSequence s in lists)
        {
            if (IsRead(s))
                AddList(s, gradient, lookups);
            gradient += Capacity * s.Field.MaxLength;
        }
        AddPairs(gradient, lookups);
        AddCandidates(lookups);
        IsPrepared = true;
        if (lookups is null)
            return;
        Segments = lookups.Sort(numbered?.Places ?? totalRows, order.Span, segmentStart.Span, segmentRow.Span);
        numbered?.Number(order.Span, segmentStart.Span[..(Segments + 1)], Rows);
        SortedLookups.FindBlocks(segmentStart.Span[..(Segments + 1)], segmentOfBlock.Span);
    }

    /// <summary>Nothing reads negatives in a prediction.</summary>
    private bool IsRead(BatchSequence s) => IsForTraining || s.Field.Role != SequenceRole.Negative;

    private void PreparePredictions()
    {
        if (Predictions is null)
            return;
        Predictions.Prepare(histories[0][0], Rows, IsForTraining);
        (Tokens[^2], Tokens[^1]) = (Predictions.Count, Predictions.Candidates.Length);
    }

    private void PrepareLists()
    {
        if (Lists is null)
            return;
        Lists.Prepare(Rows);
        Tokens[^1] = Lists.Count;
    }

    /// <summary>Copies ids to the further vectors of their columns.</summary>
    private void RepeatIds()
    {
        for (int s = Sequences.Length; s < lists.Length; s++)
            if (IsRead(lists[s]))
                lists[s].Repeat(lists[lists[s].Field.Of], Rows);
        int fields = Spec.F;
        for (int b = 0; vectorRows != tableRows && b < Rows; b++)
        {
            Span<int> row = vectorRows.Span.Slice(b * fieldOffsets.Length, fieldOffsets.Length);
            TableRows.Slice(b * fields, fields).CopyTo(row);
            for (int f = fields; f < row.Length; f++)
                row[f] = row[vectors.Categorical[f].Of] - fieldOffsets[vectors.Categorical[f].Of] + fieldOffsets[f];
        }
    }

    /// <summary>Id 0 is padding: it reads zeros and is never trained.</summary>
    private void AddFields(LookupSorter? lookups)
    {
        ReadOnlySpan<int> offsets = fieldOffsets, sizes = fieldRows.AsSpan(0, offsets.Length);
        for (int b = 0; b < Rows; b++)
        {
            ReadOnlySpan<int> row = vectorRows.Span.Slice(b * offsets.Length, offsets.Length);
            for (int f = 0; f < offsets.Length; f++)
            {
                uint id = (uint)(row[f] - offsets[f]);
                if (id >= (uint)sizes[f])
                    throw Outside(Spec.Categorical[f].Name, b, (int)id, sizes[f]);
                if (id != 0)
                    lookups?.Add(row[f], b * columns + f);
            }
        }
    }

    private void AddList(BatchSequence s, int gradient, LookupSorter? lookups)
    {
        ReadOnlySpan<int> entries = s.TableRows[..s.Offsets[Rows]];
        for (int t = 0; t < entries.Length; t++)
        {
            uint id = (uint)(entries[t] - s.TableOffset);
            if (id >= (uint)s.VocabularyRows)
                throw Outside(s.Field.Name, s.RowOf(t), (int)id, s.VocabularyRows);
            if (id != 0)
                lookups?.Add(entries[t], gradient + t);
        }
    }

    private void AddCandidates(LookupSorter? lookups)
    {
        if (lookups is null || Predictions is null)
            return;
        int gradient = candidateGradient;
        foreach (int row in Predictions.Candidates)
            lookups.Add(row, gradient++);
    }

    /// <summary>Hashes the pairs of fields.</summary>
    private void AddPairs(int gradient, LookupSorter? lookups)
    {
        if (pairs is null)
            return;
        int count = pairs.Count;
        for (int b = 0; b < Rows; b++)
        {
            Span<int> row = pairRows.Span.Slice(b * count, count);
            Span<float> value = pairValues.Span.Slice(b * count, count);
            pairs.Fill(TableRows.Slice(b * pairs.Fields.Count, pairs.Fields.Count), Numeric.Slice(b * pairs.Numbers, pairs.Numbers), row, value);
            OtherPairs?.Invoke(b, row, value);
            for (int p = 0; lookups is not null && p < count; p++)
                if (row[p] != pairs.PaddingRow)
                    lookups.Add(row[p], gradient + b * count + p);
        }
    }

    private static ArgumentOutOfRangeException Outside(string field, int b, int id, int size) =>
        new(field, id, $"field {field}, row {b} of the batch: id {id} is outside its vocabulary of {size} rows");

    /// <summary>Checks that the histories of a group and their negatives are equally long, pads them if the model needs it, and records the row of each entry.</summary>
    private void ShapeGroup(int group)
    {
        BatchSequence first = histories[group][0];
        Span<int> shape = first.Offsets[..(Rows + 1)], owner = owners[group].Span;
        CheckShapes(first, histories[group]);
        if (IsForTraining)
            CheckShapes(first, negatives[group]);
        Pad(histories[group]);
        if (IsForTraining)
            ShapeNegatives(negatives[group]);
        for (int b = 0; b < Rows; b++)
            owner[shape[b]..shape[b + 1]].Fill(b);
        Tokens[group] = shape[Rows];
    }

    private void CheckShapes(BatchSequence first, BatchSequence[] others)
    {
        foreach (BatchSequence s in others)
            if (!s.Offsets[..(Rows + 1)].SequenceEqual(first.Offsets[..(Rows + 1)]))
                throw new ArgumentException(Mismatch(first, s));
    }

    private void Pad(BatchSequence[] lists)
    {
        foreach (BatchSequence s in lists)
            if (Spec.PadHistories)
                s.Pad(Rows);
    }

    /// <summary>Nothing came before the first entry of a history that could predict it, so its negative is not read: it becomes padding, whose row no lookup moves.</summary>
    private void ShapeNegatives(BatchSequence[] lists)
    {
        Pad(lists);
        foreach (BatchSequence s in lists)
            for (int b = 0; b < Rows; b++)
                if (Length(s, b) > 0)
                    s.TableRows[s.Offsets[b]] = s.TableOffset;
    }

    private string Mismatch(BatchSequence first, BatchSequence other)
    {
        int b = 0;
        while (Length(first, b) == Length(other, b))
            b++;
        return $"row {b} of the batch: {first.Field.Name} has {Length(first, b)} entries and {other.Field.Name} has {Length(other, b)}; histories of one group must have equal lengths";
    }

    private static int Length(BatchSequence s, int b) => s.Offsets[b + 1] - s.Offsets[b];
}
