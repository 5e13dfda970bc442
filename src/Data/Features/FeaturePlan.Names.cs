using GpuCtr.Data.Lists;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Features;

public sealed partial class FeaturePlan
{
    private static void CheckNames(ShardSet shards, FeatureOptions options)
    {
        IEnumerable<(string Flag, string Name)> named =
        [
            .. options.Exclude.Select(n => ("--exclude", n)), .. options.Categorical.Select(n => ("--categorical", n)),
            .. options.Numeric.Select(n => ("--numeric", n)), .. options.Vector.Select(n => ("--vector", n)),
            .. FeatureOptions.Pairs(options.History).Select(p => ("--history", p.Column)),
            .. options.MultiValue.Select(n => ("--multi-value", n)),
            .. FeatureOptions.Pairs(options.HashBuckets).Select(p => ("--hash-buckets", p.Column)),
            .. FeatureOptions.Pairs(options.Identity).Select(p => ("--identity", p.Column)),
            .. FeatureOptions.Pairs(options.NumericTransforms).Where(p => p.Value.Length > 0).Select(p => ("--numeric-transform", p.Column)),
        ];
        if (options.GroupId is not null)
            named = named.Append(("--group-id", options.GroupId));
        var partial = shards.Partial().ToArray();
        foreach ((string flag, string name) in named)
        {
            if (flag != "--exclude" && partial.FirstOrDefault(p => p.Name == name) is { Lacks: { } lacks, Has: { } has })
                throw GpuCtrException.DataError($"{flag} {ColumnNames.InShell(name)}: {lacks.Path} has no such column, {has.Path} has it; write it into all shards");
            if (shards.Column(name) is null && flag != "--exclude" || shards.Shards.All(s => s.Column(name) is null))
                throw GpuCtrException.UsageError($"{flag} {ColumnNames.InShell(name)}: no such column; the shards have {Listing(shards)}");
        }
    }

    private static string LabelOf(ShardSet shards, FeatureOptions options)
    {
        if (options.Label is not null)
        {
            return InAll(shards, options.Label)
                ?? throw GpuCtrException.UsageError($"--label {ColumnNames.InShell(options.Label)}: no such column; the shards have {Listing(shards)}");
        }

        string[] known = [.. shards.Columns.Select(c => c.Name), .. shards.Partial().Select(p => p.Name)];
        foreach (string name in labelNames)
        {
            string? column = known.FirstOrDefault(c => c.Equals(name, StringComparison.OrdinalIgnoreCase));
            if (column is not null)
                return InAll(shards, column)!;
        }

        throw GpuCtrException.UsageError(
            $"{shards.Shards[0].Path}: no column is named {string.Join(", ", labelNames)}; name the label with --label; the columns are {Listing(shards)}");
    }

    /// <summary>The label column, which all shards must have; null if no shard has it.</summary>
    private static string? InAll(ShardSet shards, string label)
    {
        if (shards.Partial().FirstOrDefault(p => p.Name == label) is { Lacks: { } lacks, Has: { } has })
            throw GpuCtrException.DataError($"{lacks.Path}: the label column '{label}' is missing; {has.Path} has it; the file has {string.Join(", ", lacks.Columns.Select(c => c.Name))}");
        return shards.Column(label)?.Name;
    }

    private static StoredColumn LabelColumn(StoredColumn column) => column.AsNumber is { IsList: false, Kind: ValueKind.Integer or ValueKind.Unsigned or ValueKind.Real } number
        ? number
        : throw GpuCtrException.DataError($"label column '{column.Name}' is {column.TypeName}; labels are 0 or 1: choose another column with --label");

    private static StoredColumn GaucColumn(StoredColumn column) => column switch
    {
        { IsList: false, Kind: ValueKind.Integer or ValueKind.Unsigned or ValueKind.Text } => column,
        { IsList: false, Kind: ValueKind.Real } => column with { Kind = ValueKind.Integer },
        _ =>
            throw GpuCtrException.UsageError($"--group-id {ColumnNames.InShell(column.Name)}: type {column.TypeName} cannot group rows; choose an integer or string column"),
    };

    private static Dictionary<string, NumericTransform> Transforms(FeatureOptions options, out NumericTransform standard)
    {
        standard = NumericTransform.Standardize;
        var perColumn = new Dictionary<string, NumericTransform>(StringComparer.Ordinal);
        foreach ((string column, string value) in FeatureOptions.Pairs(options.NumericTransforms))
        {
            string name = value.Length > 0 ? value : column;
            NumericTransform transform = Enum.Parse<NumericTransform>(name, ignoreCase: true);
            if (value.Length > 0)
                perColumn[column] = transform;
            else
                standard = transform;
        }

        return perColumn;
    }

    /// <summary>A string column that a flag names as a list, with its grammar.</summary>
    private static FeatureColumn Separated(ShardSet shards, FeatureColumn column, FeatureOptions options)
    {
        if (column.Role != FeatureRole.Pooled || column.IsList)
            return column;
        column = column with { Grammar = ListDetection.Grammar(shards, column.Name, options.ListSeparator) };
        return column with { Note = $"{column.Note}{Written(column)}" };
    }

    private static string Written(FeatureColumn column) => column.Grammar is { } grammar ? $", {grammar.Describe()}" : "";

    private static string Listing(ShardSet shards) => ColumnNames.Listing(shards.Columns.Select(c => c.Name));
}
