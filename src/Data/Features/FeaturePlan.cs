using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Features;

/// <summary>The role of every column: inferred, then overridden by the user's options.</summary>
public sealed partial class FeaturePlan
{
    private static readonly string[] labelNames = ["label", "click", "clicked", "is_click", "y"];

    private FeaturePlan(List<FeatureColumn> columns, FeatureOptions options, IReadOnlyList<string> warnings)
    {
        Columns = columns;
        Options = options;
        Warnings = warnings;
    }

    /// <summary>One entry per column of the shards, in file order; a gAUC column that is also a feature appears twice, a time once per derived field.</summary>
    public IReadOnlyList<FeatureColumn> Columns { get; }

    /// <summary>What the user said.</summary>
    public FeatureOptions Options { get; }

    /// <summary>One line for each unused column or history: the reason, and what to write.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>Columns that all rows must have; the gAUC column is optional, and only rows that are trained on have negatives.</summary>
    internal IEnumerable<ColumnRequest> Requests => Columns.Where(c => c.Role is not (FeatureRole.GroupKey or FeatureRole.Excluded or FeatureRole.Ignored or FeatureRole.Negative)).Select(c => c.Request).Distinct();

    /// <summary>The label column; null if items of a sequence are predicted.</summary>
    public FeatureColumn? Label => Columns.FirstOrDefault(c => c.Role == FeatureRole.Label);

    /// <summary>The gAUC column, if any.</summary>
    public FeatureColumn? GroupKey => Columns.FirstOrDefault(c => c.Role == FeatureRole.GroupKey);

    /// <summary>True if some column is a history, which makes DIN the default model.</summary>
    public bool HasHistory => Columns.Any(c => c.Role == FeatureRole.History);

    /// <summary>Whether negatives of histories are read from columns.</summary>
    public bool HasNegatives => Columns.Any(c => c.Role == FeatureRole.Negative);

    /// <summary>The column with the negatives of a history, if any.</summary>
    internal IEnumerable<FeatureColumn> NegativesOf(string history) => Of(FeatureRole.Negative).Where(n => IsNegativesOf(n.Name, history));

    /// <summary>Kind of the entries of a list column; for a history, the kind of its target.</summary>
    internal ValueKind EntryKind(FeatureColumn list) => list.Grammar is null ? list.Kind
        : Of(FeatureRole.Categorical).FirstOrDefault(c => c.Name == list.Target)?.Kind ?? ValueKind.Text;

    /// <summary>Columns of that role in file order.</summary>
    public IEnumerable<FeatureColumn> Of(FeatureRole role) => Columns.Where(c => c.Role == role);

    /// <summary>Rows for printing: name, type, role, note.</summary>
    public IEnumerable<(string Name, string Type, string Role, string Note)> Table() =>
        Columns.Select(c => (c.Name, c.TypeName, c.RoleName, c.Note));

    /// <summary>Infers the role of every column of <paramref name="shards"/>.</summary>
    /// <param name="shards">The shards.</param>
    /// <param name="options">The user's options.</param>
    /// <param name="lookOnly">For inspection: a column whose types do not join over the shards is reported and ignored instead of being an error.</param>
    /// <exception cref="GpuCtrException">
    /// Usage: no label, a named column that no shard has, a role that a column's type cannot have. Data: shards whose columns do not
    /// join, or that lack the label or a named column.
    /// </exception>
    public static FeaturePlan Infer(ShardSet shards, FeatureOptions options, bool lookOnly = false)
    {
        if (options.Contradiction() is { } fault)
            throw GpuCtrException.UsageError(fault);
        CheckNames(shards, options);
        string label = LabelOf(shards, options);
        if (label == options.Weight)
            throw GpuCtrException.UsageError($"--weight {ColumnNames.InShell(label)}: this column is the label; name another one, or the label with --label");
        Dictionary<string, NumericTransform> transforms = Transforms(options, out NumericTransform standard);
        var histories = FeatureOptions.Pairs(options.History).ToDictionary(p => p.Column, p => p.Value);
        var planned = new List<FeatureColumn>();
        foreach (StoredColumn column in shards.Columns)
        {
            if (column is { Kind: ValueKind.Unsupported, Differs: { } differs } && (column.Name == label || !(lookOnly || options.Exclude.Contains(column.Name))))
                throw GpuCtrException.DataError($"column '{column.Name}' is {differs}; write the shards with one type{(column.Name == label ? "" : $", or leave the column out with --exclude {ColumnNames.InShell(column.Name)}")}");
            bool listed = options.Categorical.Contains(column.Name) || options.Numeric.Contains(column.Name);
            if (column.Name == options.GroupId)
                planned.Add(FeatureColumn.Of(GroupColumn(column), FeatureRole.GroupKey, "groups rows for gAUC"));
            if (column.Name == label)
                planned.Add(FeatureColumn.Of(LabelColumn(shards, column, options), FeatureRole.Label, LabelNote(options)));
            else if (column.Name == options.Weight)
                planned.Add(FeatureColumn.Of(WeightColumn(column), FeatureRole.Weight, "--weight"));
            else if (options.Exclude.Contains(column.Name))
                planned.Add(FeatureColumn.Of(column, FeatureRole.Excluded, "--exclude"));
            else if (column.Name != options.GroupId || listed)
                planned.AddRange(Parts(Separated(shards, RoleOf(shards, column, options, histories, transforms.GetValueOrDefault(column.Name, standard)), options)));
        }

        List<string> warnings = [.. Ablation(shards, planned, options)];
        PairHistories(planned, histories, options.MultiValue, warnings);
        PairNegatives(planned, options.MultiValue);
        warnings.AddRange(WithoutEffect(planned, options));
        if (!planned.Any(p => p.Role is FeatureRole.Categorical or FeatureRole.Numeric or FeatureRole.Vector or FeatureRole.History or FeatureRole.Pooled))
        {
            string nothing = $"no column left to learn from besides the label '{label}'";
            throw warnings.Count > 0 ? GpuCtrException.DataError($"{nothing}: {string.Join("; ", warnings)}") : GpuCtrException.UsageError($"{shards.Shards[0].Path}: {nothing}");
        }

        return new FeaturePlan(planned, options, warnings);
    }
}
