using System.Collections.Concurrent;
using System.Globalization;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Splits;

/// <summary>A column whose values have an order: times, numbers, or text that holds dates. A value becomes a key of 64 bits, in the same order.</summary>
/// <remarks>Times and dates are counted in steps of 100 ns since 1970, whatever the shards store.</remarks>
internal sealed class OrderedColumn
{
    private const long TicksOfDay = TimeSpan.TicksPerDay, MostDays = long.MaxValue / TicksOfDay - 1;
    private const ulong SignBit = 1UL << 63;

    // Exactly these: what else .NET takes for a date may depend on today.
    private static readonly string[] dates = ["yyyy-MM-dd", "yyyy-MM-dd HH:mmK", "yyyy-MM-ddTHH:mmK", "yyyy-MM-dd HH:mm:ss.FFFFFFFK", "yyyy-MM-ddTHH:mm:ss.FFFFFFFK", "yyyyMMdd"];

    // Whole numbers of this size count seconds, milliseconds, microseconds since 1970 (until the year 5138); larger ones nanoseconds.
    private const double Seconds = 1e11, Milliseconds = 1e14, Microseconds = 1e17;

    private readonly ShardSet shards;
    private readonly int workers;
    private readonly ColumnRequest request;
    private readonly bool isSingle;

    private OrderedColumn(ShardSet shards, StoredColumn column, int workers)
    {
        (this.shards, this.workers) = (shards, workers);
        request = new ColumnRequest(column.Name, column.Kind);
        isSingle = column.TypeName is "float" or "float16";
    }

    /// <summary>Its name.</summary>
    public string Name => request.Name;

    /// <summary>The column of that name.</summary>
    /// <exception cref="GpuCtrException">Usage: a shard lacks it, or its values have no order.</exception>
    public static OrderedColumn Of(ShardSet shards, string name, string flag, int workers) => shards.Column(name) switch
    {
        { IsList: false, Kind: ValueKind.Integer or ValueKind.Unsigned or ValueKind.Real or ValueKind.Time or ValueKind.Text } c => new(shards, c, workers),
        { } other => throw GpuCtrException.UsageError($"{flag} {name}: its type is {other.TypeName}; rows can be ordered by a time, a number or a date"),
        null => throw GpuCtrException.UsageError($"{flag} {name}: not every shard has this column{Spelling.Suggest(name, shards.Columns.Select(c => c.Name))}; the columns are {string.Join(", ", shards.Columns.Select(c => c.Name))}"),
    };

    /// <summary>Reads the column; for each row group: its index, and the key of each row, null for rows without a value. Uses several threads.</summary>
    /// <exception cref="GpuCtrException">Data: a text that is not a date.</exception>
    public void Read(Action<int, ulong?[]> each)
    {
        ConcurrentBag<ColumnBuffer> idle = [];
        Workers.Run(shards.RowGroups.Count, workers, (i, _) =>
        {
            RowGroupRef group = shards.RowGroups[i];
            ColumnBuffer buffer = idle.TryTake(out ColumnBuffer? used) ? used : new ColumnBuffer();
            using (ShardReader reader = shards.Shards[group.Shard].Rent())
                reader.Read(group.Group, request, buffer);
            var keys = new ulong?[group.Rows];
            for (int r = 0; r < keys.Length; r++)
                keys[r] = buffer.IsNull(r) ? null : KeyAt(buffer, r, group);
            each(i, keys);
            idle.Add(buffer);
        });
    }

    /// <summary>The key of a value that a person wrote.</summary>
    /// <param name="text">A number if the column has numbers, else a date, with or without a time of day.</param>
    /// <param name="largest">The largest key of the column, from which the unit of times stored as numbers is inferred.</param>
    /// <param name="flag">The flag, for messages.</param>
    /// <exception cref="GpuCtrException">Usage: neither.</exception>
    public ulong KeyOf(string text, ulong largest, string flag)
    {
        bool number = request.Kind is ValueKind.Integer or ValueKind.Unsigned or ValueKind.Real;
        if (number && decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal value))
            return request.Kind == ValueKind.Real ? KeyOf(isSingle ? (float)value : (double)value) : request.Kind == ValueKind.Unsigned ? (ulong)decimal.Clamp(Math.Ceiling(value), 0, ulong.MaxValue) : KeyOf((long)decimal.Clamp(Math.Ceiling(value), long.MinValue, long.MaxValue));
        if (Date(text) is not { } ticks)
            throw GpuCtrException.UsageError($"{flag} {Name}:{text}: neither a share, such as 10%, nor {(number ? "a number or " : "")}a date, such as 2014-10-28");
        if (!number)
            return KeyOf(ticks);
        double most = request.Kind switch { ValueKind.Real => RealOf(largest), ValueKind.Unsigned => largest, _ => (long)(largest ^ SignBit) };
        double perTick = most < Seconds ? 1e-7 : most < Milliseconds ? 1e-4 : most < Microseconds ? 0.1 : 100;
        double from = ticks * perTick;
        return request.Kind switch { ValueKind.Real => KeyOf(from), ValueKind.Unsigned => (ulong)Math.Max(0, from), _ => KeyOf((long)from) };
    }

    /// <summary>The value of a key, for people.</summary>
    public string TextOf(ulong key) => request.Kind switch
    {
        ValueKind.Real => isSingle ? ((float)RealOf(key)).ToString(CultureInfo.InvariantCulture) : RealOf(key).ToString(CultureInfo.InvariantCulture),
        ValueKind.Unsigned => key.ToString(CultureInfo.InvariantCulture),
        ValueKind.Integer => ((long)(key ^ SignBit)).ToString(CultureInfo.InvariantCulture),
        _ => TimeFields.Text((long)(key ^ SignBit), StoredTimeUnit.Ticks),
    };

    private ulong? KeyAt(ColumnBuffer column, int r, RowGroupRef group)
    {
        switch (column.Kind)
        {
            case ValueKind.Real:
                return double.IsNaN(column.Reals[r]) ? null : KeyOf(column.Reals[r]);
            case ValueKind.Unsigned:
                return unchecked((ulong)column.Integers[r]);
            case ValueKind.Integer:
                return KeyOf(column.Integers[r]);
            case ValueKind.Time:
                (long day, long nanoseconds) = TimeFields.Split(column.Integers[r], column.Unit);
                return KeyOf(Math.Clamp(day, -MostDays, MostDays) * TicksOfDay + nanoseconds / TimeSpan.NanosecondsPerTick);
            default:
                return Date(column.Texts[r].Span) is { } ticks ? KeyOf(ticks) : throw GpuCtrException.DataError(
                    shards.Shards[group.Shard].Place(group, r, Name), $"'{column.Texts[r]}' is not a date, such as 2014-10-28 or 2014-10-28T09:30:00, and rows are ordered by it");
        }
    }

    private static long? Date(ReadOnlySpan<char> text) =>
        DateTime.TryParseExact(text, dates, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTime date) ? (date - DateTime.UnixEpoch).Ticks : null;

    private static ulong KeyOf(long value) => unchecked((ulong)value) ^ SignBit;

    private static ulong KeyOf(double value)
    {
        ulong bits = BitConverter.DoubleToUInt64Bits(value == 0 ? 0 : value);
        return (bits & SignBit) == 0 ? bits ^ SignBit : ~bits;
    }

    private static double RealOf(ulong key) => BitConverter.UInt64BitsToDouble((key & SignBit) != 0 ? key ^ SignBit : ~key);
}
