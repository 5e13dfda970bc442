using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Sequences;

/// <summary>The columns of a log with one interaction of a user with an item in each row.</summary>
/// <param name="User">Who.</param>
/// <param name="Item">With what.</param>
/// <param name="Timestamp">When: an integer, a real number, a date or a timestamp.</param>
internal sealed record InteractionColumns(string User, string Item, string Timestamp)
{
    private static readonly InteractionColumns usual = new("user", "item", "timestamp");

    /// <summary>The columns of a log; null if the rows are sequences: a list is there, and no option names a column of a log.</summary>
    /// <exception cref="GpuCtrException">Usage: a column that is not there, or is a list.</exception>
    public static InteractionColumns? Of(ShardSet shards, FeatureOptions options)
    {
        bool named = (options.User ?? options.Item ?? options.Timestamp) is not null;
        InteractionColumns columns = new(options.User ?? usual.User, options.Item ?? usual.Item, options.Timestamp ?? usual.Timestamp);
        if (!named && (options.History.Count > 0 || shards.Columns.Any(c => c.IsList && !options.Exclude.Contains(c.Name)) || !columns.AreIn(shards)))
            return null;
        foreach ((string flag, string name) in new[] { ("--user", columns.User), ("--item", columns.Item), ("--timestamp", columns.Timestamp) })
        {
            if (shards.Column(name) is not { IsList: false })
                throw GpuCtrException.UsageError($"{flag} {ColumnNames.InShell(name)}: no such column with one value per row; the shards have {ColumnNames.Listing(shards.Columns.Select(c => c.Name))}");
        }

        return columns;
    }

    /// <summary>Whether some shards are a log with these columns.</summary>
    public bool AreIn(ShardSet shards) => new[] { User, Item, Timestamp }.All(name => shards.Column(name) is { IsList: false });

    /// <summary>The options with which the sequences of a log are read.</summary>
    public FeatureOptions Over(FeatureOptions options) => options with { User = User, Item = Item, Timestamp = Timestamp, History = [ColumnNames.InJson(Item)] };
}
