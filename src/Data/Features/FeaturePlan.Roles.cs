using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Features;

/// <content>The role of a single column.</content>
public sealed partial class FeaturePlan
{
    /// <summary>The derived fields of a date or timestamp: an absolute time never recurs, hour and weekday do.</summary>
    private static IEnumerable<FeatureColumn> Parts(FeatureColumn column) => column switch
    {
        { Role: not FeatureRole.Categorical } or { Kind: not ValueKind.Time } => [column],
        { TypeName: "date" } => [column with { Part = TimePart.Weekday, Note = $"{column.Note}: weekday" }],
        _ => [column with { Part = TimePart.Hour, Note = $"{column.Note}: hour" }, column with { Part = TimePart.Weekday, Note = $"{column.Note}: weekday" }],
    };

    private static FeatureColumn Vector(StoredColumn column, NumericTransform transform) =>
        column is not { IsList: true, Kind: ValueKind.Integer or ValueKind.Unsigned or ValueKind.Real }
            ? throw GpuCtrException.UsageError($"--vector {ColumnNames.InShell(column.Name)}: type {column.TypeName} is not a list of numbers")
            : transform is NumericTransform.Criteo or NumericTransform.Quantile
            ? throw GpuCtrException.UsageError($"--vector {ColumnNames.InShell(column.Name)}: its numbers have no buckets; give it another transform with --numeric-transform {ColumnNames.InShell(column.Name)}=standardize, log or none")
            : FeatureColumn.Of(column, FeatureRole.Vector, $"--vector, {transform.ToString().ToLowerInvariant()}") with { Transform = transform };

    private static FeatureColumn RoleOf(
        ShardSet shards, StoredColumn column, FeatureOptions options, Dictionary<string, string> histories, NumericTransform transform)
    {
        if (options.Vector.Contains(column.Name))
            return Vector(column, transform);
        bool asCategorical = options.Categorical.Contains(column.Name), asNumeric = options.Numeric.Contains(column.Name);
        string? flag = asCategorical ? "--categorical" : asNumeric ? "--numeric" : histories.ContainsKey(column.Name) ? "--history"
            : options.MultiValue.Contains(column.Name) ? "--multi-value" : null;
        column = asNumeric ? column.AsNumber : column;
        if (WhyIgnored(shards, flag, ref column) is { } why)
            return flag is null ? FeatureColumn.Of(column, FeatureRole.Ignored, why) : throw Refused(flag, column, "cannot be used as a feature");
        if (column.IsList)
        {
            return asNumeric ? throw GpuCtrException.UsageError($"--numeric {ColumnNames.InShell(column.Name)}: a list cannot be numeric")
                : FeatureColumn.Of(column, FeatureRole.Pooled, asCategorical ? flag! : "list");
        }

        if (flag is "--history" or "--multi-value")
        {
            return column.Kind == ValueKind.Text ? FeatureColumn.Of(column, FeatureRole.Pooled, flag)
                : throw Refused(flag, column, "is not a list or a string with separated entries");
        }

        return asNumeric || (column.Kind == ValueKind.Real && !asCategorical) ? Number(column, flag, transform) : Category(column, flag, options);
    }

    /// <summary>Why a column can be no feature; null if it can. A list of whole floating-point numbers becomes one of integers.</summary>
    private static string? WhyIgnored(ShardSet shards, string? flag, ref StoredColumn column)
    {
        string? notIds = null;
        if (column is { IsList: true, Kind: ValueKind.Real })
        {
            notIds = flag is not null || IsNamedHistory(column.Name) ? null : WhyNotIds(shards, column.Name);
            column = notIds is null ? column with { Kind = ValueKind.Integer } : column;
        }

        return column.Kind != ValueKind.Unsupported && (!column.IsList || column.Kind is ValueKind.Integer or ValueKind.Unsigned or ValueKind.Text) ? null
            : notIds is not null ? $"its type is {column.TypeName} and {notIds}"
            : column.Differs ?? $"type {column.TypeName} is not supported";
    }

    private static FeatureColumn Number(StoredColumn column, string? flag, NumericTransform transform)
    {
        if (column.Kind == ValueKind.Text)
            throw Refused("--numeric", column, "is not a number");
        StoredColumn numbers = column is { Differs: not null, Kind: not ValueKind.Real } ? column with { Kind = ValueKind.Real } : column;
        return FeatureColumn.Of(numbers, FeatureRole.Numeric, flag ?? transform.ToString().ToLowerInvariant()) with { Transform = transform };
    }

    private static FeatureColumn Category(StoredColumn column, string? flag, FeatureOptions options)
    {
        if (column.Kind == ValueKind.Real && FeatureOptions.Pairs(options.Identity).Any(i => i.Column == column.Name))
            column = column with { Kind = ValueKind.Integer };
        bool looksLikeLabel = flag is null && labelNames.Contains(column.Name, StringComparer.OrdinalIgnoreCase);
        return FeatureColumn.Of(column, FeatureRole.Categorical, flag ?? (looksLikeLabel ? "named like a label: exclude it if it is one" : "by type"));
    }

    private static GpuCtrException Refused(string flag, StoredColumn column, string fault) =>
        GpuCtrException.UsageError($"{flag} {ColumnNames.InShell(column.Name)}: type {column.TypeName} {fault}");
}
