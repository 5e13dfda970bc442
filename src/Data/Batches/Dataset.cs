using System.Collections.Concurrent;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Data.Splits;
using GpuCtr.Models.Features;

namespace GpuCtr.Data.Batches;

/// <summary>Encoded blocks of a set of shards, kept in memory if they fit the budget, else streamed.</summary>
public sealed partial class Dataset : IDisposable
{
    private readonly BudgetedArrayPool? pool;
    private readonly BlockShape shape;
    private readonly Lazy<EncodedCache?> cache;
    private string? noCache;

    private readonly EncodedBlock?[] kept, heads;
    private readonly RowLists? lists;
    private readonly long[] firstRows;
    private readonly DatasetOptions options;
    private readonly int workers;
    private long blocksLoaded;
    private readonly ConcurrentBag<BlockEncoder> encoders = [];

    /// <exception cref="GpuCtrException">Data: the shards lack a column that the encoder needs, or lists are in pieces. Usage: a list is too long.</exception>
    public Dataset(ShardSet shards, FeatureEncoder encoder, DatasetOptions? options = null)
    {
        this.options = options ?? new DatasetOptions();
        encoder.Check(shards, this.options.NeedLabel, this.options.Training);
        (Shards, Encoder) = (shards, encoder);
        kept = new EncodedBlock?[shards.RowGroups.Count];
        heads = new EncodedBlock?[kept.Length];
        lists = ListsOf(shards, encoder, this.options.ListRows);
        firstRows = FirstRows();
        Statistics = new DatasetStatistics(encoder.Spec, encoder.State.NumberColumns, kept.Length);
        var sizes = new BlockSizes(shards, encoder, this.options.Training);
        EstimatedBytes = sizes.Total;
        shape = BlockEncoder.ShapeOf(shards, encoder, this.options.NeedLabel, this.options.Training);
        InMemory = sizes.Fit(this.options.MemoryBytes);
        // No more than a window can lie unused.
        pool = InMemory ? null : new BudgetedArrayPool(this.options.MemoryBytes / 2);
        // Opened on first use: the run folder may still be cleared before.
        cache = new Lazy<EncodedCache?>(OpenCache);
        WindowBlocks = InMemory ? Math.Max(1, kept.Length) : sizes.Window(this.options.MemoryBytes);
        workers = shards.DecodeThreads(this.options.MemoryBytes, this.options.Workers);
    }

    /// <summary>The shards.</summary>
    public ShardSet Shards { get; }

    /// <summary>The encoding of their values.</summary>
    public FeatureEncoder Encoder { get; }

    /// <summary>Row groups in order; each becomes one encoded block.</summary>
    public IReadOnlyList<RowGroupRef> Blocks => Shards.RowGroups;

    /// <summary>Whether all shards have the gAUC column.</summary>
    public bool HasGroupKeys => shape.HasGroupKeys;

    /// <summary>Whether rows may have another weight than 1.</summary>
    public bool HasWeights => shape.HasWeights;

    /// <summary>Bytes of all encoded blocks.</summary>
    public long EstimatedBytes { get; }

    /// <summary>Whether all blocks are kept in memory.</summary>
    public bool InMemory { get; }

    /// <summary>Whether blocks are read from the cache file after they were encoded once.</summary>
    public bool IsCached => !InMemory && options.CachePath is not null;

    /// <summary>Number of blocks in a shuffle window.</summary>
    public int WindowBlocks { get; }

    /// <summary>Statistics of the encoding: OOV values, cut lists, bad rows.</summary>
    public DatasetStatistics Statistics { get; }

    /// <summary>Number of blocks loaded since the start, to detect a stall.</summary>
    internal long BlocksLoaded => Interlocked.Read(ref blocksLoaded);

    /// <summary>Rows of a part, including those that do not count; reads no data.</summary>
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

    private static RowLists? ListsOf(ShardSet shards, FeatureEncoder encoder, int most)
    {
        RowLists? lists = most == 0 ? null : shards.Lists(encoder.GroupKey ?? throw new InvalidOperationException("the model ranks lists but was trained without a group column"));
        lists?.RefuseLonger(most);
        return lists;
    }

    /// <summary>A reader for one pass over the rows of a part, in the order of <paramref name="order"/>.</summary>
    public EpochReader Read(RowPart part, EpochOrder order) => new(this, part, order);

    /// <summary>Fills a batch with one row, or with the list that the row belongs to; only their row groups are read.</summary>
    /// <param name="row">Its number, from 0, in the order of the files.</param>
    /// <param name="batch">The batch, with room for the list.</param>
    /// <returns>The place of the row in the batch.</returns>
    /// <exception cref="GpuCtrException">Data or InputOutput. Usage: the row does not count.</exception>
    internal int ReadRow(long row, Batch batch)
    {
        int block = BlockOf(row);
        RowGroupRef group = Blocks[block];
        ShuffleWindow window = LoadWindow([lists?.BeginOf(block, (int)(row - firstRows[block])) ?? block], RowPart.All, CancellationToken.None);
        int own = Array.FindIndex(window.Blocks, b => (b.Source.Shard, b.Source.Group) == (group.Shard, group.Group));
        int at = Array.IndexOf(window.Order, window.Starts[own] + (int)(row - firstRows[block]));
        if (at < 0)
            throw GpuCtrException.UsageError($"row {row} does not count: its weight is 0, or its label matches neither --positive nor --negative");
        BatchBuilder builder = new(Encoder.Spec, RowPart.All);
        builder.Start(batch);
        (int first, int count) = window.ListAt(at);
        builder.Append(batch, window, first, count);
        return at - first;
    }

    /// <summary>Skips a row whose score is not finite.</summary>
    /// <param name="row">Its number, from 0, in the order of the files.</param>
    /// <exception cref="GpuCtrException">Data: no more rows may be left out. Numeric: no rows may be left out, and no value of the row explains the score.</exception>
    internal void LeaveOut(long row)
    {
        int block = BlockOf(row), at = (int)(row - firstRows[block]);
        if (options.BadRows.IsZero)
            throw UnscoredRow.In(Shards, Encoder.State, Load([block], CancellationToken.None)[0], at);
        Statistics.Add(Blocks[block], firstRows[block], new BadRow(at, "score not finite"));
        Statistics.CheckBudget(Shards, options.BadRows);
    }

    /// <summary>The number of a row, from 0, in the order of the files.</summary>
    internal long RowOf(RowGroupRef group, int row)
    {
        int block = 0;
        while ((Blocks[block].Shard, Blocks[block].Group) != (group.Shard, group.Group))
            block++;
        return firstRows[block] + row;
    }

    /// <summary>What went wrong with the cache of encoded rows; null if nothing did.</summary>
    public string? CacheTrouble => noCache ?? (cache is { IsValueCreated: true, Value: { } open }
        ? open.Trouble ?? (open.Rejected > 0 ? $"{open.Rejected} damaged block(s) were encoded again" : null)
        : null);

    /// <summary>Closes the cache and removes it.</summary>
    public void DropCache()
    {
        Dispose();
        if (options.CachePath is { } path && !InMemory)
            EncodedCache.Delete(path);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (cache is { IsValueCreated: true, Value: { } open })
            open.Dispose();
    }

    // Of several row groups that start at this row, all but the last are empty.
    private int BlockOf(long row) => Array.FindLastIndex(firstRows, first => first <= row);

    private long[] FirstRows()
    {
        long[] first = new long[Blocks.Count];
        for (int i = 1; i < first.Length; i++)
            first[i] = first[i - 1] + Blocks[i - 1].Rows;
        return first;
    }
}
