using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Batches;

/// <summary>What the row groups of some shards take once they are encoded, and how memory for them is divided.</summary>
/// <remarks>
/// Of the memory a fifth, or what one thread needs, is for columns while they are decoded, and some for what the collector has not
/// taken back yet; the rest holds all rows, or the window in use and the one that is being filled. Nothing here depends on the
/// number of threads: the order of streamed rows follows from the window.
/// </remarks>
internal sealed class BlockSizes
{
    private const double DecodeShare = 0.2, Usable = 0.85;

    private readonly long[] bytes; // largest first

    /// <param name="shards">The shards.</param>
    /// <param name="encoder">How they are encoded.</param>
    public BlockSizes(ShardSet shards, FeatureEncoder encoder)
    {
        bytes = [.. shards.Shards.SelectMany(s => Of(s, encoder)).OrderDescending()];
        Total = bytes.Sum();
        Decode = DecodeBytes(shards);
    }

    /// <summary>Bytes of all blocks.</summary>
    public long Total { get; }

    /// <summary>Bytes that a thread needs to decode the largest row group.</summary>
    public long Decode { get; }

    /// <summary>The least memory with which the rows can be read.</summary>
    public long Least
    {
        get
        {
            double windows = 2.0 * bytes.FirstOrDefault();
            return (long)Math.Ceiling(Math.Max((windows + Decode) / Usable, windows / (Usable - DecodeShare)));
        }
    }

    /// <summary>Whether all blocks can be kept.</summary>
    public bool Fit(long memory) => Total <= Room(memory);

    /// <summary>The most blocks of which any so many, twice, can be held at once; at least 1.</summary>
    public int Window(long memory)
    {
        int blocks = 0;
        for (double left = Room(memory) / 2; blocks < bytes.Length && (left -= bytes[blocks]) >= 0; blocks++)
        {
        }

        return Math.Max(1, blocks);
    }

    /// <summary>Threads that may decode at once, of the number that would like to.</summary>
    public int Workers(long memory, int most) => WorkersWithin(DecodeShare * memory, Decode, most);

    /// <summary>Threads for a pass that keeps no rows.</summary>
    public static int Workers(ShardSet shards, long memory, int most) => WorkersWithin(DecodeShare * memory, DecodeBytes(shards), most);

    private static int WorkersWithin(double memory, long decode, int most) => (int)Math.Clamp(memory / Math.Max(1, decode), 1, most);

    private double Room(long memory) => Usable * memory - Math.Max(Decode, DecodeShare * memory);

    /// <summary>Buffers of a thread (a ColumnBuffer, the strips of a BlockEncoder) and pages on their way from the file.</summary>
    private static long DecodeBytes(ShardSet shards)
    {
        const long valueBytes = 136, copiesOfPages = 4;
        double most = shards.RowGroups.Select(g => valueBytes * (double)g.Values + copiesOfPages * (double)g.ColumnBytes).DefaultIfEmpty(0).Max();
        return (long)Math.Clamp(most, 0, long.MaxValue / 4);
    }

    private static IEnumerable<long> Of(Shard shard, FeatureEncoder encoder)
    {
        // The 1s: the label, and the place in the order.
        long perRow = 4L * (encoder.Spec.F + encoder.Spec.N + 1 + 1 + encoder.Spec.Sequences.Count) + (encoder.GaucKey is null ? 0 : 8);
        if (encoder.Spec.Sequences.Count == 0)
            return shard.RowGroups.Select(g => perRow * g.Rows);
        using ShardReader reader = shard.Rent();
        return [.. shard.RowGroups.Select(g => perRow * g.Rows + encoder.State.Sequences.Sum(s => ListBytes(reader, g, s)))];
    }

    /// <summary>How many entries a string has only its text says: at most the longest list.</summary>
    private static long ListBytes(ShardReader reader, RowGroupRef group, SequenceColumn list) => 4 * Math.Min(
        list.Grammar() is null ? reader.StoredValues(group.Group, list.Column) : long.MaxValue, (long)group.Rows * list.MaxLength);
}
