using GpuCtr.Kernels;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Interactions;
using GpuCtr.Kernels.Ranks;

namespace GpuCtr.Models.Features;

/// <summary>
/// One pinned slot: a batch in the layout that the device reads.
/// A loader fills it, <see cref="Prepare"/> checks and sorts it, a model consumes it; then it is reused.
/// </summary>
/// <remarks>
/// Ids are relative to their vocabulary (0 … V−1). The slot holds rows of the embedding table, which contains the vocabularies one after the other:
/// the row of an id is the <see cref="FeatureSpec.Offsets">offset</see> of its vocabulary plus the id.
/// </remarks>
public sealed partial class Batch : IDisposable
{
    private readonly PinnedBuffer<int> tableRows, vectorRows, pairRows;
    private readonly FieldPairs? pairs;
    private readonly PinnedBuffer<float> numeric, pairValues;
    private readonly PinnedBuffer<float> labels, weights;
    private readonly int[] fieldOffsets, fieldRows;
    private readonly int columns, totalRows, candidateGradient;
    private readonly BatchSequence[][] histories, negatives;
    private readonly BatchSequence[] lists;
    private readonly FeatureSpec vectors;
    private readonly NumberedRows? numbered;
    private int rows;

    /// <summary>Allocates a slot for up to <paramref name="capacity"/> rows.</summary>
    public Batch(Device device, FeatureSpec spec, int capacity) : this(device, spec, capacity, null)
    {
    }

    /// <summary>The same for the part of a batch that one of several ranks computes.</summary>
    /// <param name="device">Its device.</param>
    /// <param name="spec">The columns.</param>
    /// <param name="capacity">The most rows of a part.</param>
    /// <param name="shards">Owners of the table rows; null: the slot holds a whole batch.</param>
    internal Batch(Device device, FeatureSpec spec, int capacity, RowShards? shards)
    {
        (Spec, vectors, Capacity) = (spec, spec.ByVector(), capacity);
        tableRows = new PinnedBuffer<int>(device, (long)capacity * spec.F);
        vectorRows = vectors.F == spec.F ? tableRows : new PinnedBuffer<int>(device, (long)capacity * vectors.F);
        pairs = spec.Pairs();
        pairRows = new PinnedBuffer<int>(device, (long)capacity * spec.PairCount);
        pairValues = new PinnedBuffer<float>(device, (long)capacity * spec.PairCount);
        numeric = new PinnedBuffer<float>(device, (long)capacity * spec.N);
        labels = new PinnedBuffer<float>(device, capacity);
        weights = new PinnedBuffer<float>(device, spec.HasWeights ? capacity : 0);
        GroupKeys = new ulong[capacity];
        (columns, totalRows, candidateGradient) = (vectors.C, vectors.TotalRows, FirstCandidateGradient(vectors, capacity));
        int[] offsets = vectors.Offsets();
        fieldOffsets = vectors.Categorical.Select(c => offsets[c.Vocabulary]).ToArray();
        fieldRows = vectors.Categorical.Select(c => vectors.Vocabularies[c.Vocabulary].Rows).ToArray();
        // A new slot holds padding.
        for (int b = 0; b < capacity; b++)
            fieldOffsets.AsSpan(0, spec.F).CopyTo(TableRows[(b * spec.F)..]);
        // With several ranks, each part of a batch is sorted separately and on the host, which then requests the rows from their owners.
        bool sorts = shards is not null || (!device.SortsLookups && device.Ranks.Size == 1);
        int lookups = sorts ? LookupCapacity(vectors, capacity) : 0;
        sorter = sorts ? new LookupSorter(lookups, shards) : null;
        numbered = shards is null ? null : new NumberedRows(device, vectors, capacity, shards);
        order = new PinnedBuffer<int>(device, lookups);
        segmentStart = new PinnedBuffer<int>(device, lookups + 1L);
        segmentRow = new PinnedBuffer<int>(device, lookups);
        segmentOfBlock = new PinnedBuffer<int>(device, SortedLookups.Blocks(lookups));
        segmentCount = new PinnedBuffer<int>(device, 1);
        Tokens = new int[spec.GroupCount + (spec.MostPredictions > 0 ? 2 : spec.HasLists ? 1 : 0)];
        NextItems = new int[spec.MostPredictions > 0 ? capacity : 0];
        Predictions = spec.MostPredictions > 0 ? new BatchPredictions(device, spec, capacity) : null;
        Lists = spec.HasLists ? new BatchLists(device, capacity) : null;
        owners = Enumerable.Range(0, spec.GroupCount).Select(group => new PinnedBuffer<int>(device, (long)capacity * spec.Group(group).First().MaxLength)).ToArray();
        lists = vectors.Sequences.Select((s, i) => new BatchSequence(device, s, vectors.Vocabularies[s.Vocabulary].Rows, offsets[s.Vocabulary], capacity, ModelInputs.SequenceBase(vectors, capacity, i))).ToArray();
        Sequences = lists[..spec.Sequences.Count];
        histories = ByGroup(SequenceRole.History);
        Slice = shards is null ? null : new BatchSlice(Tokens.Length);
        negatives = ByGroup(SequenceRole.Negative);
    }

    /// <summary>Bytes of a slot.</summary>
    public static long BytesOf(FeatureSpec spec, int capacity)
    {
        spec = spec.ByVector();
        // Table rows, those of pairs with their values, numbers, label, weight, key of gAUC; keys and values of the sorter twice, order, starts and rows of segments, segments of blocks (rounded up); lists and their owners.
        long row = 4L * (spec.F + 2 * spec.PairCount + spec.N + (spec.HasWeights ? 2 : 1)) + 8, lookup = 4 * (4 + 3) + 1, lists = spec.Sequences.Sum(s => 4L * (s.MaxLength + 1)) + spec.Sequences.Sum(s => 4L * s.MaxLength) + 12L * spec.MostPredictions + (spec.HasLists ? 8 : 0);
        return row * capacity + lookup * LookupCapacity(spec, capacity) + lists * capacity + 4L * CandidateCapacity(spec, capacity);
    }

    /// <summary>The columns of this slot.</summary>
    public FeatureSpec Spec { get; }

    /// <summary>B: capacity of the slot in rows.</summary>
    public int Capacity { get; }

    /// <summary>Number of rows in the slot.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative, or more than the capacity.</exception>
    public int Rows
    {
        get => rows;
        set
        {
            if ((uint)value > (uint)Capacity)
                throw new ArgumentOutOfRangeException(nameof(value), value, $"a batch of 0 to {Capacity} rows");
            (rows, IsPrepared, IsForTraining) = (value, false, false);
        }
    }

    /// <summary>Whether <see cref="Prepare"/> was called since rows were added.</summary>
    internal bool IsPrepared { get; private set; }

    /// <summary>Whether it was prepared for training: with negatives, and with sorted lookups unless the device sorts them.</summary>
    internal bool IsForTraining { get; private set; }

    /// <summary>(B, F) rows of the embedding table, row-major.</summary>
    public Span<int> TableRows => tableRows.Span;

    /// <summary>Replaces pairs of fields: called with the number of a row, and table rows and values of its pairs; for comparisons.</summary>
    internal Action<int, Span<int>, Span<float>>? OtherPairs { get; set; }

    /// <summary>(B, N) transformed numeric values, row-major.</summary>
    public Span<float> Numeric => numeric.Span;

    /// <summary>(B) labels, 0 or 1, or shares in between.</summary>
    public Span<float> Labels => labels.Span;

    /// <summary>(B) weights of the rows; empty if all are 1.</summary>
    public Span<float> Weights => weights.Span;

    /// <summary>(B) group key of each row; stays on the host.</summary>
    public ulong[] GroupKeys { get; }

    /// <summary>The value of <see cref="NextItems"/> for rows without a predicted item.</summary>
    public const int NoItem = -1;

    /// <summary>(B) table row of the next item of each row's sequence; stays on the host. Empty in a click model.</summary>
    public int[] NextItems { get; }

    /// <summary>The positions of the first sequence at which items are predicted; null in a click model.</summary>
    public BatchPredictions? Predictions { get; }

    /// <summary>The lists whose items the rows are; null in a model of rows.</summary>
    public BatchLists? Lists { get; }

    /// <summary>The list columns, in the order of the spec.</summary>
    public BatchSequence[] Sequences { get; }

    /// <summary>Sets the ids of a row, or of several that follow one another.</summary>
    /// <param name="b">The first row.</param>
    /// <param name="ids">(rows, F) ids, each within the vocabulary of its field; which <see cref="Prepare"/> checks.</param>
    public void SetIds(int b, ReadOnlySpan<int> ids)
    {
        Span<int> to = TableRows.Slice(b * Spec.F, ids.Length);
        for (int i = 0, f = 0; i < ids.Length; i++, f = f + 1 == Spec.F ? 0 : f + 1)
            to[i] = fieldOffsets[f] + ids[i];
    }

    /// <summary>Sets the id of field <paramref name="f"/> of row <paramref name="b"/>.</summary>
    public void SetId(int b, int f, int id) => TableRows[b * Spec.F + f] = fieldOffsets[f] + id;

    /// <summary>The id of field <paramref name="f"/> of row <paramref name="b"/>.</summary>
    public int IdAt(int b, int f) => TableRows[b * Spec.F + f] - fieldOffsets[f];

    private BatchSequence[][] ByGroup(SequenceRole role) =>
        Enumerable.Range(0, Spec.GroupCount).Select(group => Sequences.Where(s => s.Field.Role == role && s.Field.Group == group).ToArray()).ToArray();

    /// <inheritdoc/>
    public void Dispose()
    {
        tableRows.Dispose();
        vectorRows.Dispose();
        pairRows.Dispose();
        pairValues.Dispose();
        numeric.Dispose();
        labels.Dispose();
        weights.Dispose();
        order.Dispose();
        segmentStart.Dispose();
        segmentRow.Dispose();
        segmentOfBlock.Dispose();
        segmentCount.Dispose();
        foreach (BatchSequence s in lists)
            s.Dispose();
        foreach (PinnedBuffer<int> o in owners)
            o.Dispose();
        Predictions?.Dispose();
        Lists?.Dispose();
        numbered?.Dispose();
    }
}
