using Parquet.Schema;

namespace GpuCtr.Engine.Data;

/// <summary>What the values of a column are once they are read.</summary>
public enum ValueKind
{
    /// <summary>Booleans and integers of any width, as 64-bit integers (unsigned 64-bit ones keep their bits).</summary>
    Integer,

    /// <summary>Single and double precision numbers, as double.</summary>
    Real,

    /// <summary>UTF-8 strings and byte arrays.</summary>
    Text,

    /// <summary>Anything else: dates, decimals, structs, maps, lists of lists. Reported, and an error only where it is asked for.</summary>
    Unsupported,
}

/// <summary>A top-level column of a shard.</summary>
/// <param name="Name">Column name.</param>
/// <param name="Kind">Kind of a value, or of an element for a list.</param>
/// <param name="IsList">True for a column with a list in each row.</param>
/// <param name="TypeName">The type as shown to the user, such as int64 or list&lt;string&gt;.</param>
public sealed record ShardColumn(string Name, ValueKind Kind, bool IsList, string TypeName);

/// <summary>How to read a column from its file: the leaf field and the definition level from which a list has an element.</summary>
internal sealed record ColumnLayout(ShardColumn Column, DataField? Leaf, int SlotLevel)
{
    /// <summary>Classifies one field of a schema.</summary>
    public static ColumnLayout Of(Field field)
    {
        switch (field)
        {
            case DataField { IsArray: true } repeated:
                return List(repeated.Name, repeated, repeated.MaxDefinitionLevel);
            case DataField data:
                (ValueKind kind, string type) = Classify(data.ClrType);
                return new ColumnLayout(new ShardColumn(data.Name, kind, false, type), data, 0);
            case ListField { Item: DataField { MaxRepetitionLevel: 1 } item } list:
                return List(list.Name, item, list.MaxDefinitionLevel);
            default:
                string name = field is ListField ? "list<nested>" : field.SchemaType.ToString().ToLowerInvariant();
                return new ColumnLayout(new ShardColumn(field.Name, ValueKind.Unsupported, field is ListField, name), null, 0);
        }
    }

    private static ColumnLayout List(string name, DataField item, int slotLevel)
    {
        (ValueKind kind, string type) = Classify(item.ClrType);
        return new ColumnLayout(new ShardColumn(name, kind, true, $"list<{type}>"), item, slotLevel);
    }

    private static (ValueKind Kind, string Name) Classify(Type type) => type switch
    {
        _ when type == typeof(bool) => (ValueKind.Integer, "bool"),
        _ when type == typeof(sbyte) => (ValueKind.Integer, "int8"),
        _ when type == typeof(byte) => (ValueKind.Integer, "uint8"),
        _ when type == typeof(short) => (ValueKind.Integer, "int16"),
        _ when type == typeof(ushort) => (ValueKind.Integer, "uint16"),
        _ when type == typeof(int) => (ValueKind.Integer, "int32"),
        _ when type == typeof(uint) => (ValueKind.Integer, "uint32"),
        _ when type == typeof(long) => (ValueKind.Integer, "int64"),
        _ when type == typeof(ulong) => (ValueKind.Integer, "uint64"),
        _ when type == typeof(float) => (ValueKind.Real, "float"),
        _ when type == typeof(double) => (ValueKind.Real, "double"),
        _ when type == typeof(string) || type == typeof(ReadOnlyMemory<char>) => (ValueKind.Text, "string"),
        _ when type == typeof(byte[]) || type == typeof(ReadOnlyMemory<byte>) => (ValueKind.Text, "binary"),
        _ => (ValueKind.Unsupported, type.Name.ToLowerInvariant()),
    };
}
