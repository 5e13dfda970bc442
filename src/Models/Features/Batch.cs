using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;

namespace GpuCtr.Models.Features;

/// <summary>
/// One pinned slot: a batch in the layout that the device reads.
/// A loader fills it, <see cref="Prepare"/> checks and sorts it, a model consumes it; then it is reused.
/// </summary>
/// <remarks>Ids are vocabulary-local (0 … Rows−1 of the field's vocabulary) while the slot is filled; Prepare turns them into table rows.</remarks>
public sealed partial class Batch : IDisposable
{
    private readonly PinnedBuffer<int> ids;
    private readonly PinnedBuffer<float> numeric;
    private readonly PinnedBuffer<float> labels;
    private readonly int[] vocabularyRows;
    private readonly int columns, totalRows;
    private readonly BatchSequence[][] histories;
    private int rows;

    /// <summary>Allocates a slot for up to <paramref name="capacity"/> rows.</summary>
    public Batch(Device device, FeatureSpec spec, int capacity)
    {
        Spec = spec;
        Capacity = capacity;
        ids = new PinnedBuffer<int>(device, (long)capacity * spec.F);
        numeric = new PinnedBuffer<float>(device, (long)capacity * spec.N);
        labels = new PinnedBuffer<float>(device, capacity);
        GaucKeys = new ulong[capacity];
        (columns, totalRows) = (spec.C, spec.TotalRows);
        vocabularyRows = spec.Vocabularies.Select(v => v.Rows).ToArray();
        offsets = spec.Offsets();
        int positions = device.SortsLookups ? 0 : PositionCapacity(spec, capacity);
        sorter = device.SortsLookups ? null : new LookupSorter(positions);
        order = new PinnedBuffer<int>(device, positions);
        segmentStart = new PinnedBuffer<int>(device, positions + 1L);
        segmentRow = new PinnedBuffer<int>(device, positions);
        segmentOfBlock = new PinnedBuffer<int>(device, SortedLookups.Blocks(positions));
        segmentCount = new PinnedBuffer<int>(device, 1);
        Tokens = new int[spec.GroupCount];
        owners = Tokens.Select((_, group) => new PinnedBuffer<int>(device, (long)capacity * spec.Group(group).First().MaxLength)).ToArray();
        Sequences = spec.Sequences.Select((s, i) => new BatchSequence(device, s, capacity, ModelInputs.SequenceBase(spec, capacity, i))).ToArray();
        histories = Tokens.Select((_, group) => Sequences.Where(s => s.Field.Role == SequenceRole.History && s.Field.Group == group).ToArray()).ToArray();
    }

    /// <summary>Bytes of a slot.</summary>
    public static long BytesOf(FeatureSpec spec, int capacity)
    {
        // Ids, numbers, label, group; keys and values of the sorter twice, order, starts and rows of segments, segments of blocks (rounded up); lists and their owners.
        long row = 4L * (spec.F + spec.N + 1) + 8, position = 4 * (4 + 3) + 1, lists = spec.Sequences.Sum(s => 4L * (s.MaxLength + 1)) + spec.Sequences.Sum(s => 4L * s.MaxLength);
        return row * capacity + position * PositionCapacity(spec, capacity) + lists * capacity;
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
            (rows, IsPrepared, IsSorted) = (value, false, false);
        }
    }

    /// <summary>Whether <see cref="Prepare"/> was called since rows were added.</summary>
    internal bool IsPrepared { get; private set; }

    /// <summary>Whether it was prepared for training, with sorted lookups.</summary>
    internal bool IsSorted { get; private set; }

    /// <summary>(B, F) vocabulary-local ids, row-major.</summary>
    public Span<int> Ids => ids.Span;

    /// <summary>(B, N) transformed numeric values, row-major.</summary>
    public Span<float> Numeric => numeric.Span;

    /// <summary>(B) labels, 0 or 1.</summary>
    public Span<float> Labels => labels.Span;

    /// <summary>(B) gAUC key of each row; stays on the host.</summary>
    public ulong[] GaucKeys { get; }

    /// <summary>The list columns, in the order of the spec.</summary>
    public BatchSequence[] Sequences { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        ids.Dispose();
        numeric.Dispose();
        labels.Dispose();
        order.Dispose();
        segmentStart.Dispose();
        segmentRow.Dispose();
        segmentOfBlock.Dispose();
        segmentCount.Dispose();
        foreach (BatchSequence s in Sequences)
            s.Dispose();
        foreach (PinnedBuffer<int> o in owners)
            o.Dispose();
    }
}
