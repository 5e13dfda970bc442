using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Features;

public sealed partial class FeaturePlan
{
    /// <summary>Warnings for flags without effect, because the column has another role.</summary>
    private static IEnumerable<string> WithoutEffect(List<FeatureColumn> planned, FeatureOptions options)
    {
        (string Flag, IEnumerable<string> Names, FeatureRole[] Roles)[] said =
        [
            ("--exclude", options.Exclude, [FeatureRole.Excluded]),
            ("--categorical", options.Categorical, [FeatureRole.Categorical, FeatureRole.Pooled, FeatureRole.History]),
            ("--numeric", options.Numeric, [FeatureRole.Numeric]),
            ("--vector", options.Vector, [FeatureRole.Vector]),
            ("--hash-buckets", FeatureOptions.Pairs(options.HashBuckets).Select(p => p.Column), [FeatureRole.Categorical, FeatureRole.Pooled]),
            ("--identity", FeatureOptions.Pairs(options.Identity).Select(p => p.Column), [FeatureRole.Categorical, FeatureRole.Pooled]),
            ("--numeric-transform", FeatureOptions.Pairs(options.NumericTransforms).Where(p => p.Value.Length > 0).Select(p => p.Column), [FeatureRole.Numeric, FeatureRole.Vector]),
        ];
        foreach ((string flag, IEnumerable<string> names, FeatureRole[] roles) in said)
        {
            foreach (string name in names)
            {
                FeatureColumn[] used = [.. planned.Where(p => p.Name == name)];
                if (used.Length > 0 && !used.Any(p => roles.Contains(p.Role)))
                    yield return $"{flag} {ColumnNames.InShell(name)} has no effect: the column is {Describe(used[^1], roles)}";
            }
        }
    }

    private static string Describe(FeatureColumn column, FeatureRole[] wanted) => column.Role switch
    {
        FeatureRole.Label => "the label",
        FeatureRole.Weight => "the weight",
        FeatureRole.Excluded => "left out by --exclude",
        FeatureRole.History => $"a history, which shares the rows of {column.Target}: name {column.Target} instead",
        FeatureRole.Numeric => $"numeric; if it holds ids, add --categorical {ColumnNames.InShell(column.Name)}",
        FeatureRole.Categorical when wanted.Contains(FeatureRole.Numeric) => $"categorical; if it holds numbers, add --numeric {ColumnNames.InShell(column.Name)}",
        _ => column.RoleName,
    };
}
