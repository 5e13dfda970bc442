using GpuCtr.Data.Shards;
using GpuCtr.Models.Features;

namespace GpuCtr.Data.Features;

public sealed partial class FeaturePlan
{
    private const string HistoryPrefix = "hist_";

    private static bool IsNamedHistory(string column) => column.StartsWith(HistoryPrefix, StringComparison.OrdinalIgnoreCase);

    /// <summary>Turns lists named hist_X into histories of X or X_id; pairs given by the user take precedence.</summary>
    private static void PairHistories(List<FeatureColumn> planned, Dictionary<string, string> histories, IReadOnlyList<string> multiValue, List<string> warnings)
    {
        for (int i = 0; i < planned.Count; i++)
        {
            FeatureColumn list = planned[i];
            if (list.Role != FeatureRole.Pooled || multiValue.Contains(list.Name))
                continue;
            bool asked = histories.TryGetValue(list.Name, out string? wanted);
            string[] names = TargetNames(list.Name, wanted);
            int target = FindTarget(planned, names);
            if (target >= 0 && CanPair(list, planned[target].Kind))
            {
                // They share a vocabulary, so their values have one kind; for a target of doubles, integers.
                FeatureColumn of = planned[target] is { Kind: ValueKind.Real } doubles ? doubles with { Kind = ValueKind.Integer } : planned[target];
                planned[target] = of;
                planned[i] = list with
                {
                    Kind = list.Grammar is null ? of.Kind : list.Kind,
                    Role = FeatureRole.History,
                    Target = of.Name,
                    Note = $"history of {of.Name}{Written(list)}",
                };
            }
            else if (asked)
            {
                throw GpuCtrException.UsageError(NoTarget(list, wanted!, target >= 0 ? planned[target] : null));
            }
            else if (IsNamedHistory(list.Name))
            {
                (string why, string advice) = WhyPooled(planned, list, names, target);
                planned[i] = list with { Note = $"not a history: {why}" };
                warnings.Add($"{list.Name} is pooled, not read as a history: {why}; {advice}, or --multi-value {ColumnNames.InShell(list.Name)} if pooling is intended");
            }
        }
    }

    private static bool IsNegativesOf(string column, string history) => column.Equals(FeatureSpec.NegativePrefix + history, StringComparison.OrdinalIgnoreCase);

    /// <summary>Turns lists named neg_H, H a history, into its negatives.</summary>
    private static void PairNegatives(List<FeatureColumn> planned, IReadOnlyList<string> multiValue)
    {
        for (int i = 0; i < planned.Count; i++)
        {
            FeatureColumn list = planned[i];
            if (list.Role != FeatureRole.Pooled || multiValue.Contains(list.Name) || planned.Find(h => h.Role == FeatureRole.History && IsNegativesOf(list.Name, h.Name)) is not { } history)
                continue;
            FeatureColumn target = planned.First(p => p.Name == history.Target);
            if (CanPair(list, target.Kind))
                planned[i] = list with { Kind = list.Grammar is null ? target.Kind : list.Kind, Role = FeatureRole.Negative, Target = target.Name, Note = $"negatives of {history.Name}{Written(list)}" };
        }
    }

    /// <summary>Why the negatives in the shards are incomplete for training; null if they are complete, or if there are none and they will be drawn.</summary>
    public string? MissingNegatives() => HasNegatives && Of(FeatureRole.History).FirstOrDefault(h => !NegativesOf(h.Name).Any()) is { } without
        ? $"column '{Of(FeatureRole.Negative).First().Name}' has negatives of a history, but there is no list '{FeatureSpec.NegativePrefix}{without.Name}' of {without.TypeName} with those of {without.Name}: write both, or leave out what there is (--exclude {ColumnNames.InShell(Of(FeatureRole.Negative).First().Name)}) and negatives are drawn"
        : null;

    /// <summary>Whether a list can share the vocabulary of a target: both have integers (also stored as doubles), or both have texts.</summary>
    private static bool CanPair(FeatureColumn list, ValueKind target) => list.Kind == ValueKind.Text
        ? target == ValueKind.Text || (list.Grammar is not null && ColumnRequest.IsNumber(target))
        : ColumnRequest.IsNumber(target);

    private static (string Why, string Advice) WhyPooled(List<FeatureColumn> planned, FeatureColumn list, string[] names, int target)
    {
        if (target >= 0)
            return ($"{planned[target].Name} is {planned[target].TypeName}, this {list.TypeName}", "write both with one type");
        return planned.Find(p => names.Contains(p.Name, StringComparer.OrdinalIgnoreCase)) switch
        {
            null => ($"there is no column {string.Join(" or ", names)}", $"name its target with --history {ColumnNames.InShell(list.Name)}=<column>"),
            { Role: FeatureRole.Numeric } p => ($"{p.Name} is {p.TypeName} and numeric", $"if it holds ids, add --categorical {ColumnNames.InShell(p.Name)}"),
            var p => ($"its target {p.Name} is {p.RoleName}", $"add --categorical {ColumnNames.InShell(p.Name)}"),
        };
    }

    /// <summary>Warnings for columns that not all shards have, and for columns of unusable types.</summary>
    private static IEnumerable<string> Ablation(ShardSet shards, List<FeatureColumn> planned, FeatureOptions options)
    {
        foreach ((string name, Shard has, Shard lacks) in shards.Partial().Where(p => !options.Exclude.Contains(p.Name)))
            yield return $"column '{name}' is left out: {lacks.Path} does not have it, {has.Path} has; write it into all shards, or --exclude {ColumnNames.InShell(name)}";
        foreach (FeatureColumn p in planned.Where(p => p.Role == FeatureRole.Ignored))
        {
            string advice = shards.Column(p.Name)?.Differs is not null ? "write the shards with one type" : $"write it as {(p.IsList ? "a list of integers or strings" : "another type")}";
            yield return $"{(IsNamedHistory(p.Name) ? "history" : "column")} '{p.Name}' is not used: {p.Note}; {advice}, or --exclude {ColumnNames.InShell(p.Name)}";
        }
    }

    private static string NoTarget(FeatureColumn list, string wanted, FeatureColumn? target) => target is not null
        ? $"--history {ColumnNames.InShell(list.Name)}: {list.TypeName} cannot be a history of {target.Name}, which is {target.TypeName}"
        : wanted.Length > 0
            ? $"--history {ColumnNames.InShell(list.Name)}={ColumnNames.InShell(wanted)}: no categorical column is called {wanted}"
            : $"--history {ColumnNames.InShell(list.Name)}: no categorical column matches its name; say which with --history {ColumnNames.InShell(list.Name)}=<column>";

    private static string[] TargetNames(string list, string? wanted)
    {
        if (!string.IsNullOrEmpty(wanted))
            return [wanted];
        if (!IsNamedHistory(list))
            return [];
        string field = list[HistoryPrefix.Length..];
        return field.EndsWith("_id", StringComparison.OrdinalIgnoreCase) ? [field, field[..^3]] : [field, field + "_id"];
    }

    private static int FindTarget(List<FeatureColumn> planned, string[] names) => names
        .Select(n => planned.FindIndex(p => p.Role == FeatureRole.Categorical && p.Name.Equals(n, StringComparison.OrdinalIgnoreCase)))
        .FirstOrDefault(at => at >= 0, -1);

    /// <summary>
    /// Lists of doubles are either ids, stored as doubles because of a null, or vectors of real numbers. Why the entries of the
    /// first row group with entries are not ids; null if all are whole.
    /// </summary>
    private static string? WhyNotIds(ShardSet shards, string column)
    {
        ColumnBuffer buffer = new();
        ColumnRequest ids = new(column, ValueKind.Integer, IsList: true);
        try
        {
            foreach (RowGroupRef group in shards.RowGroups)
            {
                using ShardReader reader = shards.Shards[group.Shard].Rent();
                reader.Read(group.Group, ids, buffer);
                if (buffer.Misfits.Count > 0)
                    return buffer.FirstMisfit;
                if (!buffer.IsAllNull)
                    return null;
            }
        }
        catch (GpuCtrException e)
        {
            // An unreadable column that no flag names is not an error.
            return e.Message;
        }

        return "it has no entries";
    }
}
