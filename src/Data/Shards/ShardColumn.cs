using GpuCtr.Data.Features;
using Parquet.Meta;

namespace GpuCtr.Data.Shards;

/// <summary>What the values of a column are once they are read.</summary>
public enum ValueKind
{
    /// <summary>Booleans, integers, times of day in the unit of the file and decimals of at most 18 digits without places, as signed 64-bit integers.</summary>
    Integer,

    /// <summary>Unsigned integers of 64 bits, which keep their bits in a signed one: <see cref="WholeNumber"/>.</summary>
    Unsigned,

    /// <summary>Half, single and double precision numbers and decimals with places, as double.</summary>
    Real,

    /// <summary>UTF-8 strings, byte arrays (what is not UTF-8 in hexadecimal), UUIDs, and decimals of more than 18 digits without places.</summary>
    Text,

    /// <summary>Dates and timestamps since 1970-01-01 in the <see cref="StoredTimeUnit"/> of the file, as they stand there (UTC where the file says so).</summary>
    Time,

    /// <summary>Anything else: structs, maps, lists of lists. Reported, and an error only where it is asked for.</summary>
    Unsupported,
}

/// <summary>A top-level column of a shard.</summary>
/// <param name="Name">Column name.</param>
/// <param name="Kind">Kind of a value, or of an element for a list.</param>
/// <param name="IsList">True for a column with a list in each row.</param>
/// <param name="TypeName">The type as shown to the user, such as int64 or list&lt;string&gt;.</param>
public sealed record ShardColumn(string Name, ValueKind Kind, bool IsList, string TypeName)
{
    /// <summary>Of a column of several shards that store it as integers and as reals, or as types that cannot be one (then it is unsupported): which has what.</summary>
    public string? Differs { get; init; }

    /// <summary>The same where a number is wanted: decimals that are text, since they may have more digits than integers, are reals then.</summary>
    internal ShardColumn AsNumber => !IsList && Kind == ValueKind.Text && TypeName.StartsWith("decimal(", StringComparison.Ordinal) ? this with { Kind = ValueKind.Real } : this;
}

/// <summary>A leaf of a schema: what is stored, and how deep it is nested.</summary>
/// <param name="Element">Its element of the schema: physical type, length and annotations.</param>
/// <param name="MaxDefinitionLevel">The definition level at which a value is there.</param>
/// <param name="MaxRepetitionLevel">Repeated elements above it and itself: 0 for a flat column, 1 for a list.</param>
/// <param name="Index">Its place among the leaves of the schema, and so among the columns of a row group.</param>
internal sealed record Leaf(SchemaElement Element, int MaxDefinitionLevel, int MaxRepetitionLevel, int Index = 0);

/// <summary>How to read a column from its file: its leaf, what that becomes, and the definition level from which a list has an element.</summary>
internal sealed record ColumnLayout(ShardColumn Column, Leaf? Leaf, ColumnType? Type, int SlotLevel)
{
    /// <summary>A column of one leaf.</summary>
    /// <param name="name">Of the top-level column.</param>
    /// <param name="leaf">Where its values are.</param>
    /// <param name="isList">Whether a row has a list of them.</param>
    /// <param name="slotLevel">For a list, the definition level from which there is an element, which may be null.</param>
    public static ColumnLayout Of(string name, Leaf leaf, bool isList, int slotLevel)
    {
        ColumnType type = ColumnType.Of(leaf);
        return new ColumnLayout(new ShardColumn(name, type.Kind, isList, isList ? $"list<{type.Name}>" : type.Name), leaf, type, slotLevel);
    }

    /// <summary>A column of a shape that cannot be read: a struct, a map, a list of lists.</summary>
    public static ColumnLayout Unsupported(string name, bool isList, string typeName) => new(new ShardColumn(name, ValueKind.Unsupported, isList, typeName), null, null, 0);
}
