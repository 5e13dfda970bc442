using System.CommandLine;

namespace GpuCtr.Datagen;

/// <summary>Options of <c>--schema amazon</c>.</summary>
internal sealed class AmazonOptions : IShapeOptions
{
    private readonly Option<long> _users, _items, _categories, _maxHistory;
    private readonly Option<bool> _drift = new("--drift") { Description = "amazon: an interest that moves with every click, so that the order of a history matters" };

    public AmazonOptions()
    {
        var defaults = new AmazonShape();
        _users = NumberOption.Create("--users", "amazon: users", defaults.Users, 1, 20_000_000);
        _items = NumberOption.Create("--items", "amazon: items", defaults.Items, 1, 20_000_000);
        _categories = NumberOption.Create("--categories", "amazon: categories", defaults.Categories, 1, 1_000_000);
        _maxHistory = NumberOption.Create("--max-history", "amazon: most items of a history", defaults.MaxHistory, 1, 10_000);
    }

    public string Schema => "amazon";

    public IReadOnlyList<Option> Options => [_users, _items, _categories, _maxHistory, _drift];

    public TableShape Shape(ParseResult result) => new AmazonShape
    {
        Users = (int)result.GetValue(_users),
        Items = (int)result.GetValue(_items),
        Categories = (int)result.GetValue(_categories),
        MaxHistory = (int)result.GetValue(_maxHistory),
        Drift = result.GetValue(_drift),
    };
}
