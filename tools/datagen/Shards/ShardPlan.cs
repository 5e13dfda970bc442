namespace GpuCtr.Datagen;

/// <summary>A shard: its file name and its rows.</summary>
public readonly record struct Shard(string Name, long First, long Count);

/// <summary>Splits rows over shards: sizes differ by at most one, the larger ones come first.</summary>
public static class ShardPlan
{
    /// <summary>Shards <c>shard-0.parquet</c> …; numbers are padded so that names sort in order.</summary>
    public static Shard[] Split(long rows, int shards, int unit = 1)
    {
        int digits = (shards - 1).ToString().Length;
        var plan = new Shard[shards];
        long first = 0;
        for (int k = 0; k < shards; k++)
        {
            long units = rows / unit, count = ((units / shards) + (k < units % shards ? 1 : 0)) * unit;
            plan[k] = new Shard($"shard-{k.ToString().PadLeft(digits, '0')}.parquet", first, count);
            first += count;
        }
        return plan;
    }
}
