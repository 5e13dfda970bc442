using GpuCtr.Data.Lists;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Features;

/// <summary>A column that feeds a vocabulary.</summary>
/// <param name="Column">The column.</param>
/// <param name="Rule">How its values become keys.</param>
/// <param name="Field">Its categorical field; −1 for a list.</param>
internal sealed record VocabularySource(PlannedColumn Column, KeyRule Rule, int Field);

/// <summary>What the fit pass reads: the fields of a plan and the vocabularies that they fill.</summary>
internal sealed class FitLayout
{
    private readonly Dictionary<string, HashedRows> computed = [];

    /// <exception cref="GpuCtrException">Usage: hash buckets or identities that are not a number, or cannot be.</exception>
    public FitLayout(FeaturePlan plan)
    {
        AddComputed("--hash-buckets", plan, plan.Options.HashBuckets, identity: false);
        AddComputed("--identity", plan, plan.Options.Identity, identity: true);
        foreach (PlannedColumn column in plan.Columns)
        {
            if (RuleOf(column) is { } rule)
            {
                Categorical.Add(new CategoricalState(column.Column.Name, column.Column.Kind, Vocabularies.Count, rule, []));
                Vocabularies.Add([new VocabularySource(column, rule, Categorical.Count - 1)]);
            }
            else if (column.Role == FeatureRole.Numeric)
            {
                Numeric.Add(column);
            }
        }

        foreach (PlannedColumn list in plan.Columns.Where(c => c.Role is FeatureRole.History or FeatureRole.Pooled))
            AddList(list, plan.Options.MaxHistory);
    }

    /// <summary>Fields with one id per row; the boundaries of quantile buckets are filled in later.</summary>
    public List<CategoricalState> Categorical { get; } = [];

    /// <summary>Numeric columns.</summary>
    public List<PlannedColumn> Numeric { get; } = [];

    /// <summary>List columns.</summary>
    public List<SequenceState> Sequences { get; } = [];

    /// <summary>Per vocabulary, the columns that fill it: a field and its histories.</summary>
    public List<List<VocabularySource>> Vocabularies { get; } = [];

    /// <summary>Integer, unsigned or text.</summary>
    public ValueKind KindOf(int vocabulary) => Vocabularies[vocabulary][0] switch
    {
        { Column.Column.Kind: ValueKind.Text } => ValueKind.Text,
        { Column.Column.Kind: ValueKind.Unsigned, Rule: KeyRule.Value } => ValueKind.Unsigned,
        _ => ValueKind.Integer, // bucket, part of a time, or what a real id becomes
    };

    /// <summary>An empty counter for each vocabulary.</summary>
    public VocabularyCounter[] NewCounters()
    {
        FieldNames names = FieldNames.Of(Categorical, [.. Numeric.Select(n => (n.Column.Name, false))], Sequences);
        return [.. Vocabularies.Select((sources, v) => new VocabularyCounter(
            sources[0].Field >= 0 ? names.Categorical[sources[0].Field] : sources[0].Column.Column.Name,
            KindOf(v),
            computed.GetValueOrDefault(sources[0].Column.Column.Name)))];
    }

    private void AddComputed(string flag, FeaturePlan plan, IReadOnlyList<string> entries, bool identity)
    {
        foreach ((string column, string value) in FeatureOptions.Pairs(entries))
        {
            if (!int.TryParse(value, out int n) || n < 1)
                throw GpuCtrException.UsageError($"{flag} {ColumnNames.InShell(column)}={value}: expected column=N with N of at least 1");
            if (identity && plan.Columns.FirstOrDefault(c => c.Column.Name == column) is { } named && !WholeNumber.Is(named.Column.Kind))
                throw GpuCtrException.UsageError($"{flag} {ColumnNames.InShell(column)}: its type is {named.Column.TypeName}, and only integers can be their own rows; use --hash-buckets {ColumnNames.InShell(column)}={n}");
            if (!computed.TryAdd(column, new HashedRows(n, identity)))
                throw GpuCtrException.UsageError($"{column} is named twice by --hash-buckets and --identity; name it once");
        }
    }

    private void AddList(PlannedColumn list, int maxHistory)
    {
        int target = Categorical.FindIndex(c => c.Column == list.Target);
        int vocabulary = target >= 0 ? Categorical[target].Vocabulary : Vocabularies.Count;
        if (target < 0)
            Vocabularies.Add([]);
        Vocabularies[vocabulary].Add(new VocabularySource(list, KeyRule.Value, -1));
        Sequences.Add(new SequenceState(list.Column.Name, list.Wanted.Kind!.Value, vocabulary, target, maxHistory, list.Grammar?.Separator, list.Grammar?.Form ?? ListForm.Unchecked));
    }

    private static KeyRule? RuleOf(PlannedColumn column) => (column.Role, column.Transform, column.Column.Kind) switch
    {
        (FeatureRole.Categorical, _, ValueKind.Time) => column.Part == TimePart.Hour ? KeyRule.Hour : KeyRule.Weekday,
        (FeatureRole.Categorical, _, ValueKind.Real) => KeyRule.RealId,
        (FeatureRole.Categorical, _, _) => KeyRule.Value,
        (FeatureRole.Numeric, NumericTransform.Criteo, _) => KeyRule.Criteo,
        (FeatureRole.Numeric, NumericTransform.Quantile, _) => KeyRule.Quantile,
        _ => null,
    };
}
