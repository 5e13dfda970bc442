using System.Collections.Concurrent;

namespace GpuCtr.Engine.Data;

/// <summary>How a dataset is held.</summary>
public sealed record DatasetOptions
{
    /// <summary>Bytes that encoded blocks may take; more than that are decoded again in every epoch.</summary>
    public long MemoryBytes { get; init; } = 4L << 30;

    /// <summary>Threads that decode.</summary>
    public int Workers { get; init; } = 2;

    /// <summary>Rows with bad labels or numbers that may be left out.</summary>
    public BadRowBudget BadRows { get; init; } = BadRowBudget.Zero;

    /// <summary>False for prediction: labels may be absent or anything.</summary>
    public bool NeedLabel { get; init; } = true;
}

/// <summary>Encoded blocks of a set of shards, kept in memory when they fit the budget and decoded again when not.</summary>
public sealed class Dataset
{
    private readonly EncodedBlock?[] kept;
    private readonly long[] firstRows;
    private readonly DatasetOptions options;
    private long blocksLoaded;
    private readonly ConcurrentBag<BlockEncoder> encoders = [];

    /// <exception cref="Failure">Data: the shards lack a column that the encoder needs.</exception>
    public Dataset(ShardSet shards, FeatureEncoder encoder, DatasetOptions? options = null)
    {
        this.options = options ?? new DatasetOptions();
        encoder.Check(shards, this.options.NeedLabel);
        (Shards, Encoder) = (shards, encoder);
        kept = new EncodedBlock?[shards.RowGroups.Count];
        firstRows = FirstRows();
        Statistics = new DatasetStatistics(encoder.Spec, kept.Length);
        EstimatedBytes = Estimate();
        InMemory = EstimatedBytes <= this.options.MemoryBytes;
        long perBlock = Math.Max(1, EstimatedBytes / Math.Max(1, kept.Length));
        // Two windows are alive at once when streaming: the one in use and the one that is being decoded.
        WindowBlocks = InMemory ? Math.Max(1, kept.Length) : (int)Math.Clamp(this.options.MemoryBytes / 2 / perBlock, 1, kept.Length);
    }

    /// <summary>The shards.</summary>
    public ShardSet Shards { get; }

    /// <summary>How their values are encoded.</summary>
    public FeatureEncoder Encoder { get; }

    /// <summary>Row groups in order; each becomes one encoded block.</summary>
    public IReadOnlyList<RowGroupRef> Blocks => Shards.RowGroups;

    /// <summary>Bytes that all encoded blocks would take.</summary>
    public long EstimatedBytes { get; }

    /// <summary>True if all blocks are kept.</summary>
    public bool InMemory { get; }

    /// <summary>Consecutive blocks of an epoch's order that are shuffled together.</summary>
    public int WindowBlocks { get; }

    /// <summary>What was seen while encoding: unseen values, cut histories, bad rows.</summary>
    public DatasetStatistics Statistics { get; }

    /// <summary>Blocks loaded since the start, for noticing a stall.</summary>
    internal long BlocksLoaded => Interlocked.Read(ref blocksLoaded);

    /// <summary>Rows of a part, bad rows included; reads no data.</summary>
    public long CountRows(RowPart part)
    {
        if (part.Split is null)
            return Shards.Rows;
        long rows = 0;
        bool[] keep = [];
        foreach (RowGroupRef group in Blocks)
        {
            if (keep.Length < group.Rows)
                keep = new bool[group.Rows];
            part.Mark(group, keep.AsSpan(0, group.Rows));
            rows += keep.AsSpan(0, group.Rows).Count(true);
        }

        return rows;
    }

    /// <summary>The rows of a part once, in the order of <paramref name="order"/>.</summary>
    public EpochReader Read(RowPart part, EpochOrder order) => new(this, part, order);

    /// <summary>Encodes the given blocks, on several threads.</summary>
    /// <exception cref="Failure">Data or InputOutput.</exception>
    internal EncodedBlock[] Load(IReadOnlyList<int> blocks, CancellationToken cancellation)
    {
        var loaded = new EncodedBlock[blocks.Count];
        Workers.Run(
            blocks.Count,
            options.Workers,
            (i, _) =>
            {
                int block = blocks[i];
                loaded[i] = kept[block] ?? Encode(Blocks[block]);
                if (InMemory)
                    kept[block] = loaded[i];
                Interlocked.Increment(ref blocksLoaded);
            },
            cancellation);
        for (int i = 0; i < loaded.Length; i++)
            Statistics.Add(blocks[i], firstRows[blocks[i]], loaded[i]);
        Statistics.CheckBudget(Shards, options.BadRows);
        return loaded;
    }

    private EncodedBlock Encode(RowGroupRef group)
    {
        if (!encoders.TryTake(out BlockEncoder? worker))
            worker = new BlockEncoder(Shards, Encoder, options.NeedLabel, !options.BadRows.IsZero);
        EncodedBlock block = worker.Encode(group);
        encoders.Add(worker);
        return block;
    }

    private long[] FirstRows()
    {
        long[] first = new long[Blocks.Count];
        for (int i = 1; i < first.Length; i++)
            first[i] = first[i - 1] + Blocks[i - 1].Rows;
        return first;
    }

    private long Estimate()
    {
        long perRow = 4L * (Encoder.Spec.F + Encoder.Spec.N + 1 + Encoder.Spec.Sequences.Count) + (Encoder.Group is null ? 0 : 8);
        long bytes = perRow * Shards.Rows;
        foreach (Shard shard in Shards.Shards.Where(_ => Encoder.Spec.Sequences.Count > 0))
        {
            using ShardReader reader = shard.Rent();
            foreach (RowGroupRef group in shard.RowGroups)
            {
                // How many entries a string has only its text says: at most the longest list.
                bytes += Encoder.State.Sequences.Sum(s => 4 * Math.Min(
                    s.Separator is null ? reader.StoredValues(group.Group, s.Column) : long.MaxValue, (long)group.Rows * s.MaxLength));
            }
        }

        return bytes;
    }
}
