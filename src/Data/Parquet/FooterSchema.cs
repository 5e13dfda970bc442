using GpuCtr.Data.Shards;
using Parquet.Meta;

namespace GpuCtr.Data.Parquet;

/// <summary>An element of a schema and its levels.</summary>
/// <param name="Element">Name, type and annotations.</param>
/// <param name="Path">UTF-8 names from the top-level column down to this one.</param>
/// <param name="Definition">Definition level: optional and repeated elements from the root down to this one.</param>
/// <param name="Repetition">Repetition level: repeated elements from the root down to this one.</param>
/// <param name="SlotLevel">Definition level of the innermost repeated element: from it on a list has an element.</param>
internal sealed record SchemaNode(SchemaElement Element, byte[][] Path, int Definition, int Repetition, int SlotLevel)
{
    /// <summary>Children in file order.</summary>
    public List<SchemaNode> Children { get; } = [];

    /// <summary>Index among the leaves; −1 if it is not a leaf.</summary>
    public int Column { get; set; } = -1;

    /// <summary>Whether the element is repeated.</summary>
    public bool IsRepeated => Element.RepetitionType == FieldRepetitionType.REPEATED;

    /// <summary>Name.</summary>
    public string Name => Element.Name;

    /// <summary>The element in the form that the page decoder needs.</summary>
    public Leaf Leaf => new(Element, Definition, Repetition, Column);
}

/// <summary>The schema of a file: turns the flattened tree of the footer into columns.</summary>
internal sealed class FooterSchema
{
    private const int DeepestNesting = 64;
    private readonly List<SchemaElement> elements;
    private readonly SchemaNode root;
    private int next = 1;

    /// <summary>Builds the tree.</summary>
    /// <param name="elements">The root, then all others, each followed by its children.</param>
    /// <exception cref="InvalidDataException">They do not form a tree, or the tree is too deep.</exception>
    public FooterSchema(List<SchemaElement> elements)
    {
        this.elements = elements;
        if (elements.Count == 0)
            throw new InvalidDataException("it has no schema");
        root = new SchemaNode(elements[0], [], 0, 0, 0);
        AddChildren(root, 0);
        if (next != elements.Count)
            throw new InvalidDataException($"its schema has {elements.Count} elements, of which {next} belong together");
    }

    /// <summary>The leaves, in the order of the column chunks of a row group.</summary>
    public List<SchemaNode> Leaves { get; } = [];

    /// <summary>The top-level columns.</summary>
    public ColumnLayout[] Columns() => [.. root.Children.Select(Layout)];

    /// <summary>One column per leaf at any depth, named with dots.</summary>
    public ColumnLayout[] LeafColumns() => [.. Leaves.Select(leaf =>
    {
        string name = string.Join('.', leaf.Path.Select(System.Text.Encoding.UTF8.GetString));
        return leaf.Repetition > 1 ? ColumnLayout.Unsupported(name, true, "list<nested>") : ColumnLayout.Of(name, leaf.Leaf, leaf.Repetition == 1, leaf.SlotLevel);
    })];

    private void AddChildren(SchemaNode parent, int depth)
    {
        int count = parent.Element.NumChildren ?? 0;
        if (depth > DeepestNesting || count < 0 || count > elements.Count - next)
            throw new InvalidDataException($"element '{parent.Name}' of its schema declares {count} children at depth {depth}, {elements.Count - next} elements are left");
        for (int i = 0; i < count; i++)
        {
            SchemaElement element = elements[next++];
            bool repeated = element.RepetitionType == FieldRepetitionType.REPEATED;
            int definition = parent.Definition + (repeated || element.RepetitionType == FieldRepetitionType.OPTIONAL ? 1 : 0);
            var node = new SchemaNode(
                element, [.. parent.Path, System.Text.Encoding.UTF8.GetBytes(element.Name)], definition, parent.Repetition + (repeated ? 1 : 0), repeated ? definition : parent.SlotLevel);
            parent.Children.Add(node);
            AddChildren(node, depth + 1);
            if (element.Type is null)
                continue;
            if (node.Children.Count > 0)
                throw new InvalidDataException($"element '{node.Name}' of its schema has a type and children");
            node.Column = Leaves.Count;
            Leaves.Add(node);
        }
    }

    private static ColumnLayout Layout(SchemaNode node)
    {
        if (node.Column >= 0)
            return ColumnLayout.Of(node.Name, node.Leaf, node.IsRepeated, node.SlotLevel);
        bool isList = Is(node, ConvertedType.LIST) || node.Element.LogicalType?.LIST is not null;
        if (isList && node is { IsRepeated: false, Children: [{ IsRepeated: true } repeated] })
        {
            return ElementOf(node, repeated) is { Column: >= 0, Repetition: 1 } element
                ? ColumnLayout.Of(node.Name, element.Leaf, isList: true, element.SlotLevel)
                : ColumnLayout.Unsupported(node.Name, true, "list<nested>");
        }

        bool isMap = Is(node, ConvertedType.MAP) || Is(node, ConvertedType.MAP_KEY_VALUE) || node.Element.LogicalType?.MAP is not null;
        return ColumnLayout.Unsupported(node.Name, node.IsRepeated, isMap ? "map" : node.IsRepeated ? "list<nested>" : "struct");
    }

    private static bool Is(SchemaNode node, ConvertedType type) => node.Element.ConvertedType == type;

    /// <summary>Distinguishes two-level lists of old writers from three-level lists, by the rules of LogicalTypes.md of apache/parquet-format.</summary>
    private static SchemaNode ElementOf(SchemaNode list, SchemaNode repeated) =>
        repeated.Children is [{ } only] && repeated.Name != "array" && repeated.Name != list.Name + "_tuple" ? only : repeated;
}
