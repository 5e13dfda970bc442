using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Features;

public sealed partial class FeaturePlan
{
    /// <summary>The plan of a model that predicts items: one list column is read, the sequence; there is no label.</summary>
    /// <param name="shards">The shards.</param>
    /// <param name="options">The user's options; <see cref="FeatureOptions.History"/> names the list if there are several.</param>
    /// <exception cref="GpuCtrException">Usage: no list, several lists of which none is named, or a column that cannot be a list. Data: shards whose columns have different types.</exception>
    public static FeaturePlan OfSequences(ShardSet shards, FeatureOptions options)
    {
        if (options.Contradiction() is { } fault)
            throw GpuCtrException.UsageError(fault);
        CheckNames(shards, options);
        string name = SequenceOf(shards, options);
        List<FeatureColumn> planned = [.. shards.Columns.Select(column => column.Name == name ? SequenceColumn(shards, column, options)
            : options.Exclude.Contains(column.Name) ? FeatureColumn.Of(column, FeatureRole.Excluded, "--exclude")
            : FeatureColumn.Of(column, FeatureRole.Ignored, $"the model reads only {name}"))];
        return new FeaturePlan(planned, options, []);
    }

    private static FeatureColumn SequenceColumn(ShardSet shards, StoredColumn column, FeatureOptions options)
    {
        FeatureColumn list = Separated(shards, RoleOf(shards, column, options, new() { [column.Name] = "" }, NumericTransform.None), options);
        return list.Role == FeatureRole.Pooled
            ? list with { Role = FeatureRole.Sequence, Note = $"its next items are predicted{Written(list)}" }
            : throw GpuCtrException.UsageError($"--history {ColumnNames.InShell(column.Name)}: {list.Note}; a sequence is a list of integers or strings");
    }

    /// <summary>The list that --history names; else the only one named hist_…, else the only one.</summary>
    private static string SequenceOf(ShardSet shards, FeatureOptions options)
    {
        if (FeatureOptions.Pairs(options.History).ToArray() is [var named, .. var others])
        {
            return others.Length == 0 && named.Value.Length == 0 ? named.Column
                : throw GpuCtrException.UsageError($"--history {string.Join(',', options.History)}: a model that predicts items reads one list; name only one column");
        }

        string[] lists = [.. shards.Columns.Where(c => c.IsList && !options.Exclude.Contains(c.Name)).Select(c => c.Name)];
        string[] histories = [.. lists.Where(IsNamedHistory)];
        return (histories.Length > 0 ? histories : lists) switch
        {
            [var only] => only,
            [] => throw GpuCtrException.UsageError($"{shards.Shards[0].Path}: no column is a list of items; write one row per user with a list of their items in time order, or a log with the columns user, item and timestamp (--user, --item and --timestamp name other columns), or name a string column with separated entries with --history; the columns are {Listing(shards)}"),
            var several => throw GpuCtrException.UsageError($"{string.Join(", ", several)} are lists, and a model that predicts items reads one: name it with --history"),
        };
    }
}
