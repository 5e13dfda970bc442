using System.Globalization;
using GpuCtr.Data.Features;
using GpuCtr.Data.Parquet;
using GpuCtr.Data.Shards;
using ParquetSharp;

using Int96 = ParquetSharp.Int96;

namespace GpuCtr.Tests;

/// <summary>Rows of a column as text, by our reader and by Apache Arrow's, so that they can be compared.</summary>
internal static class SecondReader
{
    /// <summary>(rows) values of all row groups as ParquetSharp reads them.</summary>
    public static List<string> Rows(string path, string column)
    {
        using var file = new ParquetFileReader(path);
        SchemaDescriptor schema = file.FileMetaData.Schema;
        int index = Enumerable.Range(0, schema.NumColumns).First(i => schema.Column(i).Path.ToDotVector()[0] == column);
        List<string> rows = [];
        for (int g = 0; g < file.FileMetaData.NumRowGroups; g++)
        {
            using RowGroupReader group = file.RowGroup(g);
            using ColumnReader chunk = group.Column(index);
            using LogicalColumnReader values = chunk.LogicalReader();
            rows.AddRange(values.Apply(new AllValues((int)group.MetaData.NumRows)).Select(v => v is null && schema.Column(index).MaxRepetitionLevel > 0 ? "[]" : Text(v)));
        }

        return rows;
    }

    /// <summary>(rows) values of all row groups as the engine reads them.</summary>
    public static List<string> OurRows(Shard shard, string column, ColumnBuffer? buffer = null)
    {
        List<string> rows = [];
        buffer ??= new ColumnBuffer();
        using ShardReader reader = shard.Rent();
        foreach (RowGroupRef group in shard.RowGroups)
        {
            reader.Read(group.Group, column, buffer);
            for (int r = 0; r < buffer.Rows; r++)
            {
                rows.Add(buffer.IsList
                    ? $"[{string.Join(",", Enumerable.Range(buffer.Offsets[r], buffer.Offsets[r + 1] - buffer.Offsets[r]).Select(i => Text(buffer, i)))}]"
                    : Text(buffer, r));
            }
        }

        return rows;
    }

    /// <summary>A time as both are spelt.</summary>
    public static string Time(DateTime time) => Time(time.Ticks - DateTime.UnixEpoch.Ticks, StoredTimeUnit.Ticks);

    /// <summary>A time as both are spelt: in steps of 100 ns since 1970, or in nanoseconds where it has some.</summary>
    public static string Time(long time, StoredTimeUnit unit)
    {
        (long day, long nanoseconds) = TimeFields.Split(time, unit);
        return Time(day, nanoseconds);
    }

    private static string Time(long day, long nanoseconds)
    {
        Int128 all = (Int128)day * (long)StoredTimeUnit.Nanoseconds + nanoseconds;
        return all % 100 == 0 ? $"t{all / 100}" : $"t{all}ns";
    }

    /// <summary>An unsigned integer of 64 bits as both are spelt.</summary>
    public static string Unsigned(ulong value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Text(ColumnBuffer c, int i) => c.IsNull(i) ? "null" : c.Kind switch
    {
        ValueKind.Integer or ValueKind.Unsigned => WholeNumber.Text(c.Integers[i], c.Kind),
        ValueKind.Real => Text(c.Reals[i]),
        ValueKind.Time => Time(c.Integers[i], c.Unit),
        _ => $"'{c.Texts[i]}'",
    };

    private static string Text(object? value) => value switch
    {
        null => "null",
        bool x => x ? "1" : "0",
        float x => Text((double)x),
        double x => x.ToString("R", CultureInfo.InvariantCulture),
        decimal x => decimal.Truncate(x) == x && x.Scale == 0 ? x.ToString(CultureInfo.InvariantCulture) : Text(double.Parse(x.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)),
        string x => $"'{x}'",
        byte[] x => $"'{Bytes(x)}'",
        Half x => Text((double)x),
        Date x => Time(x.Days, StoredTimeUnit.Days),
        DateTime x => Time(x),
        TimeSpan x => Text((long)x.TotalMilliseconds),
        DateTimeNanos x => Time(x.Ticks, StoredTimeUnit.Nanoseconds),
        Int96 x => Time(x.C - 2_440_588L, ((long)x.B << 32) | (uint)x.A),
        Array list => $"[{string.Join(",", list.Cast<object?>().Select(Text))}]",
        IFormattable x => x.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };

    private static string Bytes(byte[] bytes)
    {
        string text = System.Text.Encoding.UTF8.GetString(bytes);
        return text.Contains('\uFFFD') ? $"\\x{Convert.ToHexStringLower(bytes)}" : text;
    }

    private sealed class AllValues(int rows) : ILogicalColumnReaderVisitor<object?[]>
    {
        public object?[] OnLogicalColumnReader<TValue>(LogicalColumnReader<TValue> columnReader) => [.. columnReader.ReadAll(rows).Select(v => (object?)v)];
    }
}
