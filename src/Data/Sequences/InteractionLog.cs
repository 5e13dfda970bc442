using GpuCtr.Data.Shards;
using Parquet;
using Parquet.Schema;

namespace GpuCtr.Data.Sequences;

/// <summary>A log of interactions in memory, and its distinct users and strings.</summary>
internal sealed class InteractionLog
{
    private const int UsersOfGroup = 4096;

    private readonly InteractionColumns columns;
    private readonly KeyColumn users, items;
    private readonly List<(int User, int Item, long Time)> rows;

    // A row, the same by user to be sorted, and its item in the order of time.
    private const int RowBytes = 16 + 16 + 4;

    private InteractionLog(InteractionColumns columns, KeyColumn users, KeyColumn items, long count) => (this.columns, this.users, this.items, rows) = (columns, users, items, new(checked((int)count)));

    /// <summary>Bytes that a log takes while it is grouped, without its distinct users and strings.</summary>
    public static long BytesOf(long interactions) => interactions * RowBytes;

    /// <summary>Reads a log in the order of its files.</summary>
    /// <exception cref="GpuCtrException">Data: a missing user, item or timestamp, or one of a type that cannot be used; the message says file, column and row.</exception>
    public static InteractionLog Read(ShardSet shards, InteractionColumns columns)
    {
        InteractionLog log = new(columns, KeyColumn.Of(shards, columns.User), KeyColumn.Of(shards, columns.Item), shards.Rows);
        TimeColumn times = TimeColumn.Of(shards, columns.Timestamp);
        ColumnBuffer user = new(), item = new(), time = new();
        foreach ((Shard shard, RowGroupRef group) in shards.Read((log.users.Request, user), (log.items.Request, item), (times.Request, time)))
        {
            for (int r = 0; r < group.Rows; r++)
            {
                GpuCtrException Bad(string column, string what) => GpuCtrException.DataError(shard.Place(group, r, column), $"{what}; correct it or leave the row out");
                log.rows.Add((
                    log.users.IndexOf(user, r) ?? throw Bad(columns.User, "no user"),
                    log.items.IndexOf(item, r) ?? throw Bad(columns.Item, "no item"),
                    times.At(time, r) ?? throw Bad(columns.Timestamp, time.IsNull(r) ? "no timestamp" : $"{time.Reals[r]} is no timestamp")));
            }
        }

        return log;
    }

    /// <summary>Writes a row for each user: the user, and a list of their items.</summary>
    /// <exception cref="IOException">The disk is full or fails.</exception>
    public void Write(string path) => WriteAsync(path).GetAwaiter().GetResult();

    private async Task WriteAsync(string path)
    {
        int[][] sequences = Sequences();
        await using FileStream file = File.Create(path);
        await using ParquetWriter writer = await ParquetWriter.CreateAsync(
            new ParquetSchema(users.Field(columns.User), new ListField(columns.Item, items.Element)), file, new ParquetOptions { CompressionMethod = CompressionMethod.Snappy });
        for (int first = 0; first < Math.Max(1, sequences.Length); first += UsersOfGroup)
        {
            using ParquetRowGroupWriter group = writer.CreateRowGroup();
            int[][] some = sequences[first..Math.Min(sequences.Length, first + UsersOfGroup)];
            await users.Write(group, [.. Enumerable.Range(first, some.Length)]);
            await items.WriteLists(group, some);
            group.CompleteValidate();
        }
    }

    /// <summary>(users) the items of each by time.</summary>
    private int[][] Sequences()
    {
        int[] counts = new int[users.Count], filled = new int[users.Count];
        foreach ((int user, _, _) in rows)
            counts[user]++;
        (long Time, int Order, int Item)[][] of = [.. counts.Select(n => new (long, int, int)[n])];
        foreach ((int user, int item, long time) in rows)
            of[user][filled[user]] = (time, filled[user]++, item);
        foreach ((long, int, int)[] one in of)
            Array.Sort(one);
        return [.. of.Select(one => one.Select(i => i.Item).ToArray())];
    }

    /// <summary>A time column as numbers that order it.</summary>
    private sealed class TimeColumn(ColumnRequest request)
    {
        public ColumnRequest Request => request;

        public static TimeColumn Of(ShardSet shards, string name)
        {
            StoredColumn stored = shards.Column(name)!;
            if (stored.Differs is { } differs && shards.Shards.Select(s => s.Column(name)!.Kind).Distinct().Count() > 1)
                throw GpuCtrException.DataError($"column '{name}' is {differs}; write the shards with one type");
            return stored.Kind is ValueKind.Integer or ValueKind.Real or ValueKind.Time
                ? new(new ColumnRequest(name, stored.Kind))
                : throw GpuCtrException.UsageError($"--timestamp {ColumnNames.InShell(name)}: its type is {stored.TypeName}; write times as integers, numbers, dates or timestamps");
        }

        /// <summary>Null where there is no time.</summary>
        public long? At(ColumnBuffer column, int r)
        {
            if (column.IsNull(r))
                return null;
            if (column.Kind == ValueKind.Time)
                return Nanoseconds(column.Integers[r], column.Unit);
            if (column.Kind != ValueKind.Real)
                return column.Integers[r];
            double time = column.Reals[r];
            if (!double.IsFinite(time))
                return null;
            // The bits of numbers of one sign are in their order; those of negative ones in the opposite.
            long bits = BitConverter.DoubleToInt64Bits(time == 0 ? 0 : time);
            return bits >= 0 ? bits : long.MinValue - bits;
        }

        /// <summary>Files may differ in their unit. Times outside the range of nanoseconds, 292 years around 1970, are clamped.</summary>
        private static long Nanoseconds(long value, StoredTimeUnit unit) =>
            (long)Int128.Clamp((Int128)value * ((long)StoredTimeUnit.Nanoseconds / (long)unit), long.MinValue, long.MaxValue);
    }
}
