using Parquet.Schema;

namespace GpuCtr.Engine.Data;

/// <summary>From the Parquet library's schema to how columns are read.</summary>
internal static class LibrarySchema
{
    /// <summary>Classifies one top-level field; null for the library's field where it has no single leaf.</summary>
    public static (ColumnLayout Layout, DataField? Field) Of(Field field) => field switch
    {
        DataField { IsArray: true } repeated => Of(repeated.Name, repeated, isList: true, repeated.MaxDefinitionLevel),
        DataField data => Of(data.Name, data, isList: false, 0),
        ListField { Item: DataField { MaxRepetitionLevel: 1 } item } list => Of(list.Name, item, isList: true, ElementLevel(list, item)),
        _ => (ColumnLayout.Unsupported(field.Name, field is ListField, field is ListField ? "list<nested>" : field.SchemaType.ToString().ToLowerInvariant()), null),
    };

    /// <summary>Classifies a leaf by itself: a list if its values stand directly in a repeated group.</summary>
    public static (ColumnLayout Layout, DataField? Field) OfLeaf(DataField leaf)
    {
        string name = string.Join('.', leaf.Path.ToList());
        return leaf.MaxRepetitionLevel > 1
            ? (ColumnLayout.Unsupported(name, true, "list<nested>"), null)
            : Of(name, leaf, leaf.MaxRepetitionLevel == 1, leaf.MaxDefinitionLevel - (leaf.IsNullable ? 1 : 0));
    }

    // In the lists of two levels that old writers make, the element is the repeated field itself and never null.
    private static int ElementLevel(ListField list, DataField item) =>
        item.SchemaElement?.RepetitionType == Parquet.Meta.FieldRepetitionType.REPEATED ? item.MaxDefinitionLevel : list.MaxDefinitionLevel;

    private static (ColumnLayout, DataField?) Of(string name, DataField field, bool isList, int slotLevel) =>
        (ColumnLayout.Of(name, new Leaf(field.SchemaElement!, field.MaxDefinitionLevel, field.MaxRepetitionLevel), isList, slotLevel), field);
}
