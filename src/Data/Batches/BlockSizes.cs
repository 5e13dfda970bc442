using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Batches;

/// <summary>Sizes of the encoded row groups of some shards, and the division of memory for them.</summary>
/// <remarks>
/// A fifth of the memory, or what one thread needs, is for columns while they are decoded, and some for garbage that is not yet
/// collected; the rest holds all rows, or the current window and the one that is being filled. Nothing here depends on the
/// number of threads, because the order of streamed rows follows from the window.
/// </remarks>
internal sealed class BlockSizes
{
    private const double Usable = 0.85;

    private readonly long[] bytes; // largest first

    /// <param name="shards">The shards.</param>
    /// <param name="encoder">Their encoding.</param>
    /// <param name="training">Whether they are trained on, which may read negatives.</param>
    public BlockSizes(ShardSet shards, FeatureEncoder encoder, bool training = false)
    {
        bytes = [.. shards.Shards.SelectMany(s => Of(s, encoder, encoder.State.Lists(training))).OrderDescending()];
        Total = bytes.Sum();
        Decode = shards.DecodeBytes;
    }

    /// <summary>Bytes of all blocks.</summary>
    public long Total { get; }

    /// <summary>Bytes that a thread needs to decode the largest row group.</summary>
    public long Decode { get; }

    /// <summary>Smallest memory with which the rows can be read.</summary>
    public long Least
    {
        get
        {
            double windows = 2.0 * bytes.FirstOrDefault();
            return (long)Math.Ceiling(Math.Max((windows + Decode) / Usable, windows / (Usable - ShardSet.DecodeShare)));
        }
    }

    /// <summary>Whether all blocks can be kept.</summary>
    public bool Fit(long memory) => Total <= Room(memory);

    /// <summary>Largest number of blocks per window such that any two windows fit into memory; at least 1.</summary>
    public int Window(long memory)
    {
        int blocks = 0;
        for (double left = Room(memory) / 2; blocks < bytes.Length && (left -= bytes[blocks]) >= 0; blocks++)
        {
        }

        return Math.Max(1, blocks);
    }

    private double Room(long memory) => Usable * memory - Math.Max(Decode, ShardSet.DecodeShare * memory);

    private static IEnumerable<long> Of(Shard shard, FeatureEncoder encoder, IReadOnlyList<SequenceColumn> lists)
    {
        // Plus one each for the label and for the row's entry in the order.
        long perRow = 4L * (encoder.Spec.F + encoder.Spec.N + 1 + 1 + lists.Count + (encoder.Target.HasWeights ? 1 : 0)) + (encoder.GroupKey is null ? 0 : 8);
        if (lists.Count == 0)
            return shard.RowGroups.Select(g => perRow * g.Rows);
        using ShardReader reader = shard.Rent();
        return [.. shard.RowGroups.Select(g => perRow * g.Rows + lists.Sum(s => ListBytes(reader, g, s)))];
    }

    /// <summary>Upper bound of entries: for lists in strings only the maximum length is known before parsing.</summary>
    private static long ListBytes(ShardReader reader, RowGroupRef group, SequenceColumn list) => 4 * Math.Min(
        list.Grammar() is null ? reader.StoredValues(group.Group, list.Column) : long.MaxValue, (long)group.Rows * list.Stored);
}
