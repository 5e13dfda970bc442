using GpuCtr.Engine.Data;
using Parquet;
using Parquet.Schema;

namespace GpuCtr.Engine.Scoring;

/// <summary>A column of the input that is copied to the scores, with its type; every type may hold nulls.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Field">How Parquet sees it.</param>
/// <param name="Write">Writes a decoded row group.</param>
internal sealed record KeptColumn(string Name, DataField Field, Func<ParquetRowGroupWriter, DataField, ColumnBuffer, Task> Write)
{
    /// <summary>The column of that name.</summary>
    /// <exception cref="Failure">Usage: there is none, it is a list or of another type that cannot be copied, or its name is taken.</exception>
    public static KeptColumn Of(ShardSet shards, string name)
    {
        ShardColumn column = shards.Column(name) ?? throw Failure.BadUsage(
            $"--keep {name}: {shards.Shards[0].Path} has no such column; it has {string.Join(", ", shards.Columns.Select(c => c.Name))}");
        // Many readers take no notice of case.
        if (name.Equals(ScoreFile.ScoreColumn, StringComparison.OrdinalIgnoreCase))
            throw Failure.BadUsage($"--keep {name}: the scores have this name; rename the column to keep it");
        return Of(name, column.TypeName) ?? throw Failure.BadUsage($"--keep {name}: {column.TypeName} cannot be copied; keep numbers and strings");
    }

    private static KeptColumn? Of(string name, string type) => type switch
    {
        "bool" => Integers(name, static x => x != 0),
        "int8" => Integers(name, static x => (sbyte)x),
        "uint8" => Integers(name, static x => (byte)x),
        "int16" => Integers(name, static x => (short)x),
        "uint16" => Integers(name, static x => (ushort)x),
        "int32" => Integers(name, static x => (int)x),
        "uint32" => Integers(name, static x => (uint)x),
        "int64" => Integers(name, static x => x),
        "uint64" => Integers(name, static x => unchecked((ulong)x)),
        "float" => Numbers(name, static (ColumnBuffer from, int i) => (float)from.Reals[i]),
        "double" => Numbers(name, static (ColumnBuffer from, int i) => from.Reals[i]),
        "string" or "binary" => new(name, new DataField(name, typeof(string), isNullable: true), WriteTexts),
        _ => null,
    };

    private static KeptColumn Integers<T>(string name, Func<long, T> convert) where T : struct => Numbers(name, (from, i) => convert(from.Integers[i]));

    private static KeptColumn Numbers<T>(string name, Func<ColumnBuffer, int, T> value) where T : struct => new(
        name, new DataField(name, typeof(T), isNullable: true), (writer, field, from) =>
        {
            T?[] values = new T?[from.Rows];
            for (int i = 0; i < values.Length; i++)
                values[i] = from.IsNull(i) ? null : value(from, i);
            return writer.WriteAsync<T>(field, values);
        });

    private static Task WriteTexts(ParquetRowGroupWriter writer, DataField field, ColumnBuffer from)
    {
        string?[] values = new string?[from.Rows];
        for (int i = 0; i < values.Length; i++)
            values[i] = from.IsNull(i) ? null : from.Texts[i].ToString();
        return writer.WriteAsync(field, values);
    }
}
