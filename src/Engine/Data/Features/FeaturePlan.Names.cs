namespace GpuCtr.Engine.Data;

public sealed partial class FeaturePlan
{
    private static void CheckNames(ShardSet shards, FeatureOptions options)
    {
        IEnumerable<(string Flag, string Name)> named =
        [
            .. options.Exclude.Select(n => ("--exclude", n)), .. options.Categorical.Select(n => ("--categorical", n)),
            .. options.Numeric.Select(n => ("--numeric", n)),
            .. FeatureOptions.Pairs(options.History).Select(p => ("--history", p.Column)),
            .. options.MultiValue.Select(n => ("--multi-value", n)),
            .. FeatureOptions.Pairs(options.HashBuckets).Select(p => ("--hash-buckets", p.Column)),
            .. FeatureOptions.Pairs(options.Identity).Select(p => ("--identity", p.Column)),
            .. FeatureOptions.Pairs(options.NumericTransforms).Where(p => p.Value.Length > 0).Select(p => ("--numeric-transform", p.Column)),
        ];
        if (options.GroupId is not null)
            named = named.Append(("--group-id", options.GroupId));
        foreach ((string flag, string name) in named)
        {
            if (shards.Column(name) is null)
                throw Failure.BadUsage($"{flag} {name}: no such column; the shards have {Listing(shards)}");
        }

        string? both = options.Categorical.Intersect(options.Numeric).FirstOrDefault();
        if (both is not null)
            throw Failure.BadUsage($"{both} is named by both --categorical and --numeric; name it once");
        both = options.MultiValue.Intersect(FeatureOptions.Pairs(options.History).Select(p => p.Column)).FirstOrDefault();
        if (both is not null)
            throw Failure.BadUsage($"{both} is named by both --history and --multi-value; name it once");
    }

    private static string LabelOf(ShardSet shards, FeatureOptions options)
    {
        if (options.Label is not null)
        {
            return shards.Column(options.Label)?.Name
                ?? throw Failure.BadUsage($"--label {options.Label}: no such column; the shards have {Listing(shards)}");
        }

        foreach (string name in labelNames)
        {
            ShardColumn? column = shards.Columns.FirstOrDefault(c => c.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
            if (column is not null)
                return column.Name;
        }

        throw Failure.BadUsage(
            $"{shards.Shards[0].Path}: no column is named {string.Join(", ", labelNames)}; say which is the label with --label; the columns are {Listing(shards)}");
    }

    private static ShardColumn LabelColumn(ShardColumn column) => !column.IsList && column.Kind is ValueKind.Integer or ValueKind.Real
        ? column
        : throw Failure.BadData($"label column '{column.Name}' is {column.TypeName}; labels are 0 or 1: choose another column with --label");

    private static ShardColumn GroupColumn(ShardColumn column) => !column.IsList && column.Kind is ValueKind.Integer or ValueKind.Text
        ? column
        : throw Failure.BadUsage($"--group-id {column.Name}: type {column.TypeName} cannot group rows; choose an integer or string column");

    private static Dictionary<string, NumericTransform> Transforms(FeatureOptions options, out NumericTransform standard)
    {
        standard = NumericTransform.Standardize;
        var perColumn = new Dictionary<string, NumericTransform>(StringComparer.Ordinal);
        foreach ((string column, string value) in FeatureOptions.Pairs(options.NumericTransforms))
        {
            string name = value.Length > 0 ? value : column;
            if (!Enum.TryParse(name, ignoreCase: true, out NumericTransform transform) || int.TryParse(name, out _))
                throw Failure.BadUsage($"--numeric-transform {name}: unknown; choose standardize, log, criteo, quantile or none");
            if (value.Length > 0)
                perColumn[column] = transform;
            else
                standard = transform;
        }

        return perColumn;
    }

    /// <summary>Turns lists named hist_X into histories of X or X_id; the user's own pairs come first.</summary>
    private static void PairHistories(List<PlannedColumn> planned, Dictionary<string, string> histories, IReadOnlyList<string> multiValue)
    {
        for (int i = 0; i < planned.Count; i++)
        {
            PlannedColumn list = planned[i];
            if (list.Role != FeatureRole.Pooled || multiValue.Contains(list.Column.Name))
                continue;
            bool asked = histories.TryGetValue(list.Column.Name, out string? wanted);
            PlannedColumn? target = TargetOf(planned, list.Column, wanted);
            if (target is not null && (target.Column.Kind == list.Column.Kind || (list.Separator is not null && target.Column.Kind == ValueKind.Integer)))
                planned[i] = list with { Role = FeatureRole.History, Target = target.Column.Name, Note = $"history of {target.Column.Name}{SeparatedBy(list)}" };
            else if (asked)
                throw Failure.BadUsage(NoTarget(list.Column, wanted!, target));
            else if (target is not null)
                planned[i] = list with { Note = $"not a history: {target.Column.Name} is {target.Column.TypeName}, this {list.Column.TypeName}" };
        }
    }

    /// <summary>A string column that was named as a list, with its separator.</summary>
    private static PlannedColumn Separated(ShardSet shards, PlannedColumn column, FeatureOptions options)
    {
        if (column.Role != FeatureRole.Pooled || column.Column.IsList)
            return column;
        column = column with { Separator = options.ListSeparator ?? SeparatedText.Detect(shards, column.Column.Name) };
        return column with { Note = $"{column.Note}{SeparatedBy(column)}" };
    }

    private static string SeparatedBy(PlannedColumn column) => column.Separator is char c ? $", separated by {SeparatedText.Describe(c)}" : "";

    private static string NoTarget(ShardColumn list, string wanted, PlannedColumn? target) => target is not null
        ? $"--history {list.Name}: {list.TypeName} cannot be a history of {target.Column.Name}, which is {target.Column.TypeName}"
        : wanted.Length > 0
            ? $"--history {list.Name}={wanted}: no categorical column is called {wanted}"
            : $"--history {list.Name}: no categorical column matches its name; say which with --history {list.Name}=<column>";

    private static PlannedColumn? TargetOf(List<PlannedColumn> planned, ShardColumn list, string? wanted)
    {
        const string prefix = "hist_";
        string[] names;
        if (!string.IsNullOrEmpty(wanted))
        {
            names = [wanted];
        }
        else if (list.Name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
        {
            string field = list.Name[prefix.Length..];
            names = field.EndsWith("_id", StringComparison.OrdinalIgnoreCase) ? [field, field[..^3]] : [field, field + "_id"];
        }
        else
        {
            return null;
        }

        return names.Select(n => planned.FirstOrDefault(p => p.Role == FeatureRole.Categorical && p.Column.Name.Equals(n, StringComparison.OrdinalIgnoreCase)))
            .FirstOrDefault(p => p is not null);
    }

    private static string Listing(ShardSet shards) => string.Join(", ", shards.Columns.Select(c => c.Name));
}
