using System.Text.Json.Serialization;
using GpuCtr.Data.Features;
using GpuCtr.Data.Lists;
using GpuCtr.Data.Sequences;
using GpuCtr.Data.Shards;
using static System.FormattableString;

namespace GpuCtr.Data.Inspection;

/// <summary>The content of a set of shards, and what looks wrong with it.</summary>
/// <param name="Shards">Files.</param>
/// <param name="Bytes">Their sizes together.</param>
/// <param name="RowGroups">Row groups.</param>
/// <param name="Rows">Rows.</param>
/// <param name="Label">Label column, if there is one.</param>
/// <param name="LabelRate">Share of label 1 among the rows with label 0 or 1; null if there are none.</param>
/// <param name="BadLabels">Rows whose label is neither.</param>
/// <param name="RepeatedRows">Rows equal to an earlier one in all columns.</param>
/// <param name="RepeatedRowsAreExact">Whether that is a count and not an estimate.</param>
/// <param name="Groups">The rows that belong together by the column that groups them, or of each user of a log; null if there is neither.</param>
/// <param name="Columns">The columns.</param>
/// <param name="Problems">One line for each problem.</param>
public sealed record ShardInspection(
    int Shards, long Bytes, int RowGroups, long Rows, string? Label, double? LabelRate, long BadLabels, long RepeatedRows, bool RepeatedRowsAreExact,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] GroupProfile? Groups, IReadOnlyList<ColumnProfile> Columns, IReadOnlyList<string> Problems)
{
    private const double Leak = 0.99, NearlyUnique = 0.9;
    private const long EnoughRows = 1000;

    /// <summary>Reads all columns of all shards once. A column that cannot be read is reported, and the others are read.</summary>
    /// <param name="shards">The shards.</param>
    /// <param name="plan">Roles; null if there is no label.</param>
    /// <param name="workers">Threads.</param>
    /// <param name="options">Which column groups rows, or which columns are a log; null: the usual names.</param>
    /// <param name="progress">Told the rows read.</param>
    /// <param name="cancellation">Ends it early.</param>
    /// <exception cref="GpuCtrException">InputOutput; Data: a shard that changed.</exception>
    public static ShardInspection Of(ShardSet shards, FeaturePlan? plan, int workers, FeatureOptions? options = null, Action<long>? progress = null, CancellationToken cancellation = default)
    {
        string? label = plan?.Label?.Name;
        ColumnInspector[] inspectors = [.. shards.Columns.Select(c => Read(c, plan)).Where(c => c.Kind != ValueKind.Unsupported).Select(c => new ColumnInspector(c, Planned(c, plan), c.Name == label, Reading(c, plan)))];
        options ??= new FeatureOptions();
        string? user = label is null ? InteractionColumns.Of(shards, options)?.User : null;
        GroupedRows? groups = (user ?? options.GroupId) is { } by ? new GroupedRows(shards, by, isLog: user is not null) : null;
        InspectionPass pass = new(shards, label, plan is null ? TargetRule.Plain : TargetRule.Of(plan), inspectors, groups);
        pass.Run(workers, progress, cancellation);
        var profiles = new ColumnProfile[inspectors.Length];
        Workers.Run(inspectors.Length, workers, (i, _) => profiles[i] = inspectors[i].Profile(), cancellation);
        Dictionary<string, ColumnProfile> byName = profiles.ToDictionary(p => p.Name);
        bool isWhole = profiles.All(p => p.Trouble is null);
        (long repeated, bool exact) = isWhole ? pass.Repeated.Count() : (0, false);
        bool hasLabels = label is not null && byName[label].Trouble is null;
        long labelled = hasLabels ? pass.Negatives + pass.Positives : 0;
        var found = new ShardInspection(
            shards.Shards.Count, shards.Shards.Sum(s => s.LengthBytes), shards.RowGroups.Count, shards.Rows, label,
            labelled == 0 ? null : (double)pass.Positives / labelled, hasLabels ? shards.Rows - labelled : 0,
            repeated, exact, pass.Groups, [.. shards.Columns.Select(c => byName.GetValueOrDefault(c.Name) ?? Planned(c, plan))], []);
        IEnumerable<string> lists = plan is null ? [] : HistoryCoverage.Warnings(shards, plan).Concat(UndeclaredLists.Warnings(shards, plan));
        return found with { Problems = [.. plan?.Warnings ?? [], .. found.Look(), .. found.Groups?.Problems() ?? [], .. lists] };
    }

    /// <summary>The column as training will read it, if roles are known.</summary>
    private static StoredColumn Read(StoredColumn column, FeaturePlan? plan) =>
        plan?.Columns.FirstOrDefault(p => p.Name == column.Name && p.IsList == column.IsList) is { } declared ? column with { Kind = declared.Kind } : column;

    private static ColumnProfile Planned(StoredColumn column, FeaturePlan? plan)
    {
        FeatureColumn[] planned = [.. plan?.Columns.Where(c => c.Name == column.Name) ?? []];
        return new ColumnProfile(
            column.Name, column.TypeName,
            string.Join("+", planned.Select(p => p.RoleName).Distinct()), string.Join("; ", planned.Select(p => p.Note)));
    }

    private static ListReading Reading(StoredColumn column, FeaturePlan? plan)
    {
        FeatureColumn? list = plan?.Columns.FirstOrDefault(c => c.Name == column.Name && c.Grammar is not null);
        return new ListReading(list?.Grammar, list is null ? ValueKind.Text : plan!.EntryKind(list), (plan?.Options ?? new FeatureOptions()).MaxHistory);
    }

    private IEnumerable<string> Look()
    {
        if (Rows == 0)
            yield return "there are no rows";
        foreach (string trouble in Columns.Select(c => c.Trouble).OfType<string>())
            yield return trouble;
        if (Columns.Any(c => c.Trouble is not null))
            yield return "rows were not compared with each other, since not all columns can be read";
        // With roles, the plan says it.
        foreach (ColumnProfile c in Columns.Where(c => c is { Trouble: null, Distinct: null, Role: "" }))
            yield return $"column '{c.Name}' is {c.Type}, which cannot be read: training leaves it out";
        if (BadLabels > 0)
            yield return Invariant($"label '{Label}' is neither 0 nor 1 in {BadLabels:N0} rows");
        if (LabelRate is 0 or 1)
            yield return Invariant($"every label is {LabelRate}: there is nothing to learn");
        if (RepeatedRows > 0)
            yield return Invariant($"{(RepeatedRowsAreExact ? "" : "about ")}{RepeatedRows:N0} rows ({(double)RepeatedRows / Rows:P1}) are equal to an earlier one in all columns");
        foreach (string problem in Columns.Where(c => c.Role != "label" && c.Distinct is not null).SelectMany(LookAt))
            yield return problem;
    }

    private IEnumerable<string> LookAt(ColumnProfile c)
    {
        if (c.Values == 0 && Rows > 0)
            yield return $"column '{c.Name}' is always {(c.Lengths is null ? "null" : "empty")}";
        if (c.Values > 0 && c.Distinct == 1 && c.Nulls == 0 && c.Lengths is null)
            yield return $"column '{c.Name}' is always {c.Top[0].Value}";
        if (c.LabelAuc > Leak)
            yield return Invariant($"column '{c.Name}' alone predicts the label with AUC {c.LabelAuc:F4}: does it contain information that is known only afterwards? Then leave it out with --exclude {ColumnNames.InShell(c.Name)}");
        if (c.NotFinite > 0)
            yield return Invariant($"column '{c.Name}' is NaN or infinite in {c.NotFinite:N0} rows: store missing values as null");
        if (c.Misfits > 0)
            yield return Invariant($"column '{c.Name}' has integers in some shards and in others {c.Misfits:N0} rows with values that are not integers: write the shards with one type, or use --numeric {ColumnNames.InShell(c.Name)}");
        if (c.MayBeIds && c.Role == "numeric" && c.Note != "--numeric")
            yield return $"column '{c.Name}' is {c.Type}, and all its values are whole: if they are ids that became doubles because of nulls, add --categorical {ColumnNames.InShell(c.Name)}; if not, confirm with --numeric {ColumnNames.InShell(c.Name)}";
        if (c.Broken > 0)
            yield return Invariant($"column '{c.Name}' has no valid list in {c.Broken:N0} rows, such as {c.FirstBroken}: correct the file, name another separator with --list-separator, or skip such rows with --bad-rows");
        bool isId = c.Role.Contains("categorical", StringComparison.Ordinal) && c.Lengths is null && Rows >= EnoughRows;
        if (isId && c.Distinct > NearlyUnique * Rows)
            yield return Invariant($"column '{c.Name}' has {c.Distinct:N0} values in {Rows:N0} rows: it identifies rows; consider --exclude {ColumnNames.InShell(c.Name)}");
    }
}
