using GpuCtr.Data.Features;
using Parquet.Meta;

namespace GpuCtr.Data.Shards;

/// <summary>Kind of the decoded values of a column.</summary>
public enum ValueKind
{
    /// <summary>Booleans, integers, times of day in the unit of the file and decimals of at most 18 digits without decimal places, as signed 64-bit integers.</summary>
    Integer,

    /// <summary>Unsigned 64-bit integers, stored bit by bit in signed ones: <see cref="WholeNumber"/>.</summary>
    Unsigned,

    /// <summary>Half, single and double precision numbers and decimals with decimal places, as double.</summary>
    Real,

    /// <summary>UTF-8 strings, byte arrays (hexadecimal if not UTF-8), UUIDs, and decimals of more than 18 digits without decimal places.</summary>
    Text,

    /// <summary>Dates and timestamps since 1970-01-01 in the <see cref="StoredTimeUnit"/> of the file, unconverted (UTC if the file says so).</summary>
    Time,

    /// <summary>Anything else: structs, maps, lists of lists. Reported, and an error only if a flag names the column.</summary>
    Unsupported,
}

/// <summary>A top-level column of a shard.</summary>
/// <param name="Name">Column name.</param>
/// <param name="Kind">Kind of a value, or of an element for a list.</param>
/// <param name="IsList">True for a column with a list in each row.</param>
/// <param name="TypeName">The type as shown to the user, such as int64 or list&lt;string&gt;.</param>
public sealed record ShardColumn(string Name, ValueKind Kind, bool IsList, string TypeName)
{
    /// <summary>For a column that shards store as integers and reals, or as types that do not join (then it is unsupported): which shard has which type.</summary>
    public string? Differs { get; init; }

    /// <summary>The column read as a number: decimals that are otherwise text, because of their many digits, become reals.</summary>
    internal ShardColumn AsNumber => !IsList && Kind == ValueKind.Text && TypeName.StartsWith("decimal(", StringComparison.Ordinal) ? this with { Kind = ValueKind.Real } : this;
}

/// <summary>A leaf of a schema: its stored type and its nesting.</summary>
/// <param name="Element">Its element of the schema: physical type, length and annotations.</param>
/// <param name="MaxDefinitionLevel">The definition level of a value that is not null.</param>
/// <param name="MaxRepetitionLevel">Number of repeated elements down to the leaf: 0 for a flat column, 1 for a list.</param>
/// <param name="Index">Index among the leaves of the schema, hence among the column chunks of a row group.</param>
internal sealed record Leaf(SchemaElement Element, int MaxDefinitionLevel, int MaxRepetitionLevel, int Index = 0);

/// <summary>How a column is read from its file: its leaf, the type of its values, and the definition level from which a list has an element.</summary>
internal sealed record ColumnLayout(ShardColumn Column, Leaf? Leaf, ColumnType? Type, int SlotLevel)
{
    /// <summary>A column of one leaf.</summary>
    /// <param name="name">Name of the top-level column.</param>
    /// <param name="leaf">The leaf that stores its values.</param>
    /// <param name="isList">Whether a row has a list of values.</param>
    /// <param name="slotLevel">For a list, the definition level from which there is an element (possibly null).</param>
    public static ColumnLayout Of(string name, Leaf leaf, bool isList, int slotLevel)
    {
        ColumnType type = ColumnType.Of(leaf);
        return new ColumnLayout(new ShardColumn(name, type.Kind, isList, isList ? $"list<{type.Name}>" : type.Name), leaf, type, slotLevel);
    }

    /// <summary>A column of a shape that cannot be read: a struct, a map, a list of lists.</summary>
    public static ColumnLayout Unsupported(string name, bool isList, string typeName) => new(new ShardColumn(name, ValueKind.Unsupported, isList, typeName), null, null, 0);
}
