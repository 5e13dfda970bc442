using GpuCtr.Data.Parquet;
using Parquet;
using Parquet.Schema;

namespace GpuCtr.Tests;

/// <summary>Writes small shards: one call per column, arrays of any supported type, one row per element.</summary>
public sealed class TestShard
{
    private readonly List<(Field Field, Func<ParquetRowGroupWriter, int, int, Task> Write)> columns = [];
    private int rows;

    public TestShard Column<T>(string name, params T[] values) where T : struct =>
        Add(new DataField<T>(name), values.Length, (f, g, from, count) => g.WriteAsync<T>(f, values.AsMemory(from, count)));

    public TestShard Nullable<T>(string name, params T?[] values) where T : struct =>
        Add(new DataField(name, typeof(T), isNullable: true), values.Length, (f, g, from, count) => g.WriteAsync<T>(f, values.AsMemory(from, count)));

    public TestShard Decimals(string name, int precision, int scale, params decimal[] values) => Add(
        new DecimalDataField(name, precision, scale, isNullable: false), values.Length, (f, g, from, count) => g.WriteAsync<decimal>(f, values.AsMemory(from, count)));

    public TestShard Dates(string name, params DateTime[] values) => Add(
        new DateTimeDataField(name, DateTimeFormat.Date, isNullable: false), values.Length, (f, g, from, count) => g.WriteAsync<DateTime>(f, values.AsMemory(from, count)));

    public TestShard Text(string name, params string?[] values) =>
        Add(new DataField(name, typeof(string), isNullable: true), values.Length, (f, g, from, count) => g.WriteAsync(f, values[from..(from + count)]));

    public TestShard Bytes(string name, params byte[]?[] values) =>
        Add(new DataField(name, typeof(byte[]), isNullable: true), values.Length, (f, g, from, count) => g.WriteAsync(f, values[from..(from + count)]));

    /// <summary>Lists with nullable elements, as Arrow writes them; a null list differs from an empty one.</summary>
    public TestShard Lists<T>(string name, params T?[]?[] lists) where T : struct =>
        AddLists(name, typeof(T), lists.Select(l => l?.ToArray()).ToArray(), v => v!.Value);

    public TestShard TextLists(string name, params string?[]?[] lists) =>
        AddLists(name, typeof(string), lists, v => v!.AsMemory());

    /// <summary>Writes all rows, <paramref name="groupRows"/> per row group.</summary>
    public string Write(string path, int groupRows = int.MaxValue, CompressionMethod compression = CompressionMethod.Snappy)
    {
        WriteAsync(path, groupRows, compression).GetAwaiter().GetResult();
        return path;
    }

    private async Task WriteAsync(string path, int groupRows, CompressionMethod compression)
    {
        await using FileStream file = File.Create(path);
        await using ParquetWriter writer = await ParquetWriter.CreateAsync(
            new ParquetSchema(columns.Select(c => c.Field)), file, new ParquetOptions { CompressionMethod = compression });
        for (int from = 0; from < Math.Max(1, rows); from += Math.Min(groupRows, Math.Max(1, rows)))
        {
            using ParquetRowGroupWriter group = writer.CreateRowGroup();
            foreach ((_, Func<ParquetRowGroupWriter, int, int, Task> write) in columns)
                await write(group, from, Math.Min(groupRows, rows - from));
            group.CompleteValidate();
        }
    }

    private TestShard Add(DataField field, int count, Func<DataField, ParquetRowGroupWriter, int, int, Task> write)
    {
        rows = columns.Count == 0 ? count : rows;
        Assert.Equal(rows, count);
        columns.Add((field, (group, from, n) => write(field, group, from, n)));
        return this;
    }

    private TestShard AddLists<TIn, TOut>(string name, Type element, TIn?[]?[] lists, Func<TIn?, TOut> value) where TOut : struct
    {
        var item = new DataField("element", element, isNullable: true);
        rows = columns.Count == 0 ? lists.Length : rows;
        columns.Add((new ListField(name, item), (group, from, count) =>
        {
            var values = new List<TOut>();
            List<int> definition = [], repetition = [];
            foreach (TIn?[]? list in lists[from..(from + count)])
            {
                if (list is null or [])
                {
                    definition.Add(list is null ? 0 : 1);
                    repetition.Add(0);
                    continue;
                }

                for (int i = 0; i < list.Length; i++)
                {
                    repetition.Add(i == 0 ? 0 : 1);
                    definition.Add(list[i] is null ? 2 : 3);
                    if (list[i] is not null)
                        values.Add(value(list[i]));
                }
            }

            return group.WriteAllPartsAsync<TOut>(item, values.ToArray(), definition.ToArray(), repetition.ToArray(), default);
        }
        ));
        return this;
    }
}
