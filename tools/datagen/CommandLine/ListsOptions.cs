using System.CommandLine;

namespace GpuCtr.Datagen;

/// <summary>Options of <c>--schema lists</c>.</summary>
internal sealed class ListsOptions : IShapeOptions
{
    private readonly Option<long> _categories = NumberOption.Create("--list-categories", "lists: categories, within which items compete", new ListsShape().Categories, 1, 1000);

    public string Schema => "lists";

    public IReadOnlyList<Option> Options => [_categories];

    public TableShape Shape(ParseResult result) => new ListsShape { Categories = (int)result.GetValue(_categories) };
}
