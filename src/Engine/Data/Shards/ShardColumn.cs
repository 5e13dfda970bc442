using Parquet.Schema;

namespace GpuCtr.Engine.Data;

/// <summary>What the values of a column are once they are read.</summary>
public enum ValueKind
{
    /// <summary>Booleans, integers of any width, times of day in the unit of the file and decimals without places, as 64-bit integers (unsigned ones keep their bits).</summary>
    Integer,

    /// <summary>Single and double precision numbers and decimals with places, as double.</summary>
    Real,

    /// <summary>UTF-8 strings, byte arrays (what is not UTF-8 in hexadecimal) and UUIDs.</summary>
    Text,

    /// <summary>Dates and timestamps, in steps of 100 ns since 1970-01-01, as they stand in the file (UTC where the file says so).</summary>
    Time,

    /// <summary>Anything else: structs, maps, lists of lists. Reported, and an error only where it is asked for.</summary>
    Unsupported,
}

/// <summary>A top-level column of a shard.</summary>
/// <param name="Name">Column name.</param>
/// <param name="Kind">Kind of a value, or of an element for a list.</param>
/// <param name="IsList">True for a column with a list in each row.</param>
/// <param name="TypeName">The type as shown to the user, such as int64 or list&lt;string&gt;.</param>
public sealed record ShardColumn(string Name, ValueKind Kind, bool IsList, string TypeName);

/// <summary>How to read a column from its file: the leaf field, its type, and the definition level from which a list has an element.</summary>
internal sealed record ColumnLayout(ShardColumn Column, DataField? Leaf, ColumnType? Type, int SlotLevel)
{
    /// <summary>Classifies one field of a schema.</summary>
    public static ColumnLayout Of(Field field) => field switch
    {
        DataField { IsArray: true } repeated => Of(repeated.Name, repeated, isList: true, repeated.MaxDefinitionLevel),
        DataField data => Of(data.Name, data, isList: false, 0),
        ListField { Item: DataField { MaxRepetitionLevel: 1 } item } list => Of(list.Name, item, isList: true, ElementLevel(list, item)),
        _ => new ColumnLayout(
            new ShardColumn(field.Name, ValueKind.Unsupported, field is ListField, field is ListField ? "list<nested>" : field.SchemaType.ToString().ToLowerInvariant()),
            null, null, 0),
    };

    // In the lists of two levels that old writers make, the element is the repeated field itself and never null.
    private static int ElementLevel(ListField list, DataField item) =>
        item.SchemaElement?.RepetitionType == Parquet.Meta.FieldRepetitionType.REPEATED ? item.MaxDefinitionLevel : list.MaxDefinitionLevel;

    private static ColumnLayout Of(string name, DataField leaf, bool isList, int slotLevel)
    {
        ColumnType? type = ColumnType.Of(leaf);
        string typeName = type?.Name ?? leaf.ClrType.Name.ToLowerInvariant();
        return new ColumnLayout(new ShardColumn(name, type?.Kind ?? ValueKind.Unsupported, isList, isList ? $"list<{typeName}>" : typeName), leaf, type, slotLevel);
    }
}
