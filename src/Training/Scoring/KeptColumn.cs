using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using Parquet;
using Parquet.Schema;

namespace GpuCtr.Training.Scoring;

/// <summary>A column of the input that is copied to the scores, with its type; every type may hold nulls.</summary>
/// <param name="Request">The column, with its type joined over all shards.</param>
/// <param name="Field">Its Parquet field.</param>
/// <param name="Write">Writes a decoded row group.</param>
internal sealed record KeptColumn(ColumnRequest Request, DataField Field, Func<ParquetRowGroupWriter, DataField, ColumnBuffer, Task> Write)
{
    /// <summary>The column of that name.</summary>
    /// <exception cref="GpuCtrException">Usage: there is none, it is a list or of another type that cannot be copied, or its name is taken.</exception>
    /// <param name="shards">The input.</param>
    /// <param name="name">The column.</param>
    /// <param name="taken">Names of the other columns that are written.</param>
    public static KeptColumn Of(ShardSet shards, string name, IReadOnlyList<string> taken)
    {
        StoredColumn column = shards.Column(name) ?? throw GpuCtrException.UsageError(
            $"--keep {ColumnNames.InShell(name)}: {shards.Shards[0].Path} has no such column; it has {ColumnNames.Listing(shards.Columns.Select(c => c.Name))}");
        // Many readers ignore case.
        if (taken.FirstOrDefault(t => name.Equals(t, StringComparison.OrdinalIgnoreCase)) is { } other)
            throw GpuCtrException.UsageError($"--keep {ColumnNames.InShell(name)}: the {other} column has this name; rename the column to keep it");
        // Integers in some shards and reals in others are written as reals.
        (ValueKind kind, string type) = column is { Differs: not null, Kind: not ValueKind.Unsupported } ? (ValueKind.Real, "double") : (column.Kind, column.TypeName);
        return Of(new ColumnRequest(name, kind), type) ?? throw GpuCtrException.UsageError($"--keep {ColumnNames.InShell(name)}: {column.Differs ?? type} cannot be copied; keep numbers and strings");
    }

    private static KeptColumn? Of(ColumnRequest column, string type) => type switch
    {
        "bool" => Integers(column, static x => x != 0),
        "int8" => Integers(column, static x => (sbyte)x),
        "uint8" => Integers(column, static x => (byte)x),
        "int16" => Integers(column, static x => (short)x),
        "uint16" => Integers(column, static x => (ushort)x),
        "int32" => Integers(column, static x => (int)x),
        "uint32" => Integers(column, static x => (uint)x),
        "int64" => Integers(column, static x => x),
        "uint64" => Integers(column, static x => unchecked((ulong)x)),
        "float" or "float16" => Numbers(column, static (ColumnBuffer from, int i) => (float)from.Reals[i]),
        "double" => Numbers(column, static (ColumnBuffer from, int i) => from.Reals[i]),
        "string" or "binary" => new(column, new DataField(column.Name, typeof(string), isNullable: true), WriteTexts),
        _ => null,
    };

    private static KeptColumn Integers<T>(ColumnRequest column, Func<long, T> convert) where T : struct => Numbers(column, (from, i) => convert(from.Integers[i]));

    private static KeptColumn Numbers<T>(ColumnRequest column, Func<ColumnBuffer, int, T> value) where T : struct => new(
        column, new DataField(column.Name, typeof(T), isNullable: true), (writer, field, from) =>
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
