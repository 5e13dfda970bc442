using System.CommandLine;

namespace GpuCtr.Datagen;

/// <summary>Options of <c>--schema criteo</c>.</summary>
internal sealed class CriteoOptions : IShapeOptions
{
    // More ids than this would need gigabytes for their distributions.
    private const int _mostIds = 20_000_000;

    private readonly Option<long> _numeric, _categorical, _maxCardinality;

    public CriteoOptions()
    {
        var defaults = new CriteoShape();
        _numeric = NumberOption.Create("--numeric", "criteo: numeric columns", defaults.Numeric, 0, 1000);
        _categorical = NumberOption.Create("--categorical", "criteo: categorical columns", defaults.Categorical, 0, 1000);
        _maxCardinality = NumberOption.Create("--max-cardinality", "criteo: ids of the largest categorical column", defaults.MaxCardinality, 3, _mostIds);
    }

    public string Schema => "criteo";

    public IReadOnlyList<Option> Options => [_numeric, _categorical, _maxCardinality];

    public TableShape Shape(ParseResult result) => new CriteoShape
    {
        Numeric = (int)result.GetValue(_numeric),
        Categorical = (int)result.GetValue(_categorical),
        MaxCardinality = (int)result.GetValue(_maxCardinality),
    };
}
