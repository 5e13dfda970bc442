using System.Collections.Concurrent;

namespace GpuCtr.Engine.Data;

/// <summary>Finds rows that are equal in all columns: exactly for some millions of rows, beyond that from a sample by content.</summary>
internal static class RepeatedRows
{
    private const int MostRows = 1 << 22;

    /// <summary>Rows that have been there before, exact or estimated.</summary>
    /// <exception cref="Failure">Data or InputOutput.</exception>
    public static (long Rows, bool IsExact) Count(ShardSet shards, int workers, Action<long>? progress, CancellationToken cancellation)
    {
        string[] columns = [.. shards.Columns.Where(c => c.Kind != ValueKind.Unsupported).Select(c => c.Name)];
        var idle = new ConcurrentBag<(ColumnBuffer Column, HashSample<byte> Sample)>();
        var gate = new Lock();
        long done = 0;
        Workers.Run(shards.RowGroups.Count, workers, (g, _) =>
        {
            (ColumnBuffer Column, HashSample<byte> Sample) own = idle.TryTake(out var taken) ? taken : (new ColumnBuffer(), new HashSample<byte>(MostRows));
            foreach (ulong hash in Hashes(shards, shards.RowGroups[g], columns, own.Column))
                own.Sample.Add(hash, 0);
            idle.Add(own);
            lock (gate)
                progress?.Invoke(done += shards.RowGroups[g].Rows);
        }, cancellation);
        var all = new HashSample<byte>(MostRows);
        foreach ((_, HashSample<byte> sample) in idle)
            all.Add(sample);
        long repeated = all.Kept.Count - all.Kept.DistinctBy(k => k.Hash).LongCount();
        return ((long)Math.Round(repeated / all.Share), all.Share == 1);
    }

    private static ulong[] Hashes(ShardSet shards, RowGroupRef group, string[] columns, ColumnBuffer column)
    {
        ulong[] hashes = new ulong[group.Rows];
        using ShardReader reader = shards.Shards[group.Shard].Rent();
        foreach (string name in columns)
        {
            reader.Read(group.Group, name, column);
            for (int r = 0; r < hashes.Length; r++)
                hashes[r] = RandomBits.Mix(hashes[r] + RowHash(column, r));
        }

        return hashes;
    }

    private static ulong RowHash(ColumnBuffer column, int r)
    {
        if (!column.IsList)
            return ValueTally.HashOf(column, r);
        ulong hash = 0;
        for (int i = column.Offsets[r]; i < column.Offsets[r + 1]; i++)
            hash = RandomBits.Mix(hash + ValueTally.HashOf(column, i));
        return hash;
    }
}
