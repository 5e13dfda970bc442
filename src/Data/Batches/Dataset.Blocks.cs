using System.IO.Hashing;
using System.Text;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Data.Splits;

namespace GpuCtr.Data.Batches;

/// <content>Loading blocks from memory, the cache of encoded rows, or the shards.</content>
public sealed partial class Dataset
{
    /// <summary>Encodes the given blocks, on several threads.</summary>
    /// <exception cref="GpuCtrException">Data or InputOutput.</exception>
    internal EncodedBlock[] Load(IReadOnlyList<int> blocks, CancellationToken cancellation)
    {
        var loaded = new EncodedBlock[blocks.Count];
        Workers.Run(
            blocks.Count,
            workers,
            (i, _) =>
            {
                int block = blocks[i];
                loaded[i] = kept[block] ?? Fetch(block);
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

    /// <summary>The rows of a part of some blocks, with the rest of a list that continues in the next block.</summary>
    /// <exception cref="GpuCtrException">Data or InputOutput.</exception>
    internal ShuffleWindow LoadWindow(IReadOnlyList<int> blocks, RowPart part, CancellationToken cancellation)
    {
        EncodedBlock[] loaded = Load(blocks, cancellation);
        return lists is null ? ShuffleWindow.Of(loaded, part) : ShuffleWindow.OfLists(loaded, part, lists, group => [.. lists.Following(group).Select(HeadOf)]);
    }

    /// <summary>The rows of a block that belong to a list which began before it; they stay in memory.</summary>
    private EncodedBlock HeadOf(int block)
    {
        if (heads[block] is { } known)
            return known;
        EncodedBlock whole = kept[block] ?? Fetch(block), head = whole.Head(lists!.Head(block));
        if (kept[block] is null && pool is not null)
            whole.Return(pool);
        return heads[block] = head;
    }

    /// <summary>Recycles blocks that are no longer read.</summary>
    internal void Recycle(IEnumerable<EncodedBlock> blocks)
    {
        if (pool is null)
            return;
        foreach (EncodedBlock block in blocks.Where(b => !b.IsHead))
            block.Return(pool);
    }

    private EncodedCache? OpenCache()
    {
        if (InMemory || options.CachePath is not { } path)
            return null;
        try
        {
            return EncodedCache.Open(path, CacheKey(), kept.Length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            noCache = e.Message;
            return null;
        }
    }

    /// <summary>Key of the cache: the run folder already belongs to one configuration, so only the shards must be identified.</summary>
    private string CacheKey()
    {
        string content = string.Join('\n', Shards.Identities);
        return $"{EncodedCache.Format} {FeatureEncoder.Format} {shape} {Encoder.TrainRows} {XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(content)):x16}";
    }

    private EncodedBlock Fetch(int block)
    {
        if (cache.Value?.Read(block, Blocks[block], shape, pool) is { } read)
            return read;
        EncodedBlock encoded = Encode(Blocks[block]);
        cache.Value?.Write(block, encoded);
        return encoded;
    }

    private EncodedBlock Encode(RowGroupRef group)
    {
        if (!encoders.TryTake(out BlockEncoder? worker))
            worker = new BlockEncoder(Shards, Encoder, options.NeedLabel, !options.BadRows.IsZero, options.Training);
        EncodedBlock block = worker.Encode(group, pool);
        encoders.Add(worker);
        return block;
    }
}
