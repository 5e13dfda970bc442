using GpuCtr.Data.Shards;
using Parquet.Meta;

namespace GpuCtr.Data.Parquet;

/// <summary>A leaf of a schema: its stored type and its nesting.</summary>
/// <param name="Element">Its element of the schema: physical type, length and annotations.</param>
/// <param name="MaxDefinitionLevel">The definition level of a value that is not null.</param>
/// <param name="MaxRepetitionLevel">Number of repeated elements down to the leaf: 0 for a flat column, 1 for a list.</param>
/// <param name="Index">Index among the leaves of the schema, hence among the column chunks of a row group.</param>
internal sealed record Leaf(SchemaElement Element, int MaxDefinitionLevel, int MaxRepetitionLevel, int Index = 0);

/// <summary>How a column is read from its file: its leaf, the type of its values, and the definition level from which a list has an element.</summary>
internal sealed record ColumnLayout(StoredColumn Column, Leaf? Leaf, ColumnType? Type, int SlotLevel)
{
    /// <summary>A column of one leaf.</summary>
    /// <param name="name">Name of the top-level column.</param>
    /// <param name="leaf">The leaf that stores its values.</param>
    /// <param name="isList">Whether a row has a list of values.</param>
    /// <param name="slotLevel">For a list, the definition level from which there is an element (possibly null).</param>
    public static ColumnLayout Of(string name, Leaf leaf, bool isList, int slotLevel)
    {
        ColumnType type = ColumnType.Of(leaf);
        return new ColumnLayout(new StoredColumn(name, type.Kind, isList, isList ? $"list<{type.Name}>" : type.Name), leaf, type, slotLevel);
    }

    /// <summary>A column of a shape that cannot be read: a struct, a map, a list of lists.</summary>
    public static ColumnLayout Unsupported(string name, bool isList, string typeName) => new(new StoredColumn(name, ValueKind.Unsupported, isList, typeName), null, null, 0);
}
