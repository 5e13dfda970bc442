using System.Globalization;
using GpuCtr.Data.Lists;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Features;

/// <summary>A vocabulary to be filled by the fit.</summary>
/// <param name="Field">The categorical field that owns it; −1 for one of a pooled list.</param>
/// <param name="Columns">The columns that fill it: the field's and its histories, or the list.</param>
internal sealed record VocabularyPlan(int Field, List<FeatureColumn> Columns);

/// <summary>Layout of a fit: the fields of a plan and the vocabularies that they fill.</summary>
internal sealed class FitLayout
{
    private readonly Dictionary<string, ComputedRows> computed = [];

    /// <exception cref="GpuCtrException">Usage: invalid hash buckets or identities.</exception>
    public FitLayout(FeaturePlan plan)
    {
        AddComputed("--hash-buckets", plan, plan.Options.HashBuckets, identity: false);
        AddComputed("--identity", plan, plan.Options.Identity, identity: true);
        foreach (FeatureColumn column in plan.Columns)
        {
            if (column.KeyRule is { } rule)
            {
                Vocabularies.Add(new VocabularyPlan(Categorical.Count, [column]));
                Categorical.Add(new CategoricalColumn(column.Name, column.Kind, Vocabularies.Count - 1, rule, []));
            }
            else if (column.Role == FeatureRole.Numeric)
            {
                Numeric.Add(column);
            }
            else if (column.Role == FeatureRole.Vector)
            {
                Vectors.Add(column);
            }
        }

        foreach (FeatureColumn list in plan.Columns.Where(c => c.Role is FeatureRole.History or FeatureRole.Pooled or FeatureRole.Sequence))
            AddList(list, plan.Options);
        // In the order of the histories, as a model reads them (FeatureSpec.WithNegatives). They are not counted: a value that only negatives have is not in the data.
        foreach (SequenceColumn history in Sequences.Where(s => s.Target >= 0))
            Negatives.AddRange(plan.NegativesOf(history.Column).Select(n => history with { Column = n.Name, Kind = n.Request.Kind!.Value, Separator = n.Grammar?.Separator, Form = n.Grammar?.Form ?? ListForm.Unchecked }));
    }

    /// <summary>Fields with one id per row; the boundaries of quantile buckets are filled in later.</summary>
    public List<CategoricalColumn> Categorical { get; } = [];

    /// <summary>Numeric columns.</summary>
    public List<FeatureColumn> Numeric { get; } = [];

    /// <summary>Vector columns.</summary>
    public List<FeatureColumn> Vectors { get; } = [];

    /// <summary>List columns.</summary>
    public List<SequenceColumn> Sequences { get; } = [];

    /// <summary>Negatives of the histories, which share their vocabularies.</summary>
    public List<SequenceColumn> Negatives { get; } = [];

    /// <summary>The vocabularies.</summary>
    public List<VocabularyPlan> Vocabularies { get; } = [];

    /// <summary>Integer, unsigned or text.</summary>
    public ValueKind KindOf(int vocabulary) => Vocabularies[vocabulary].Columns[0] switch
    {
        { Kind: ValueKind.Text } => ValueKind.Text,
        { Kind: ValueKind.Unsigned, KeyRule: KeyRule.Value or null } => ValueKind.Unsigned,
        _ => ValueKind.Integer, // bucket, part of a time, or real id
    };

    /// <summary>An empty counter for each vocabulary.</summary>
    public VocabularyCounter[] NewCounters()
    {
        FieldNames names = FieldNames.Of(Categorical, [.. Numeric.Select(n => (n.Name, false))], [], [.. Sequences.Select(s => s.Column), .. Vectors.Select(v => v.Name)]);
        return [.. Vocabularies.Select((vocabulary, v) => new VocabularyCounter(
            vocabulary.Field >= 0 ? names.Categorical[vocabulary.Field] : vocabulary.Columns[0].Name,
            KindOf(v),
            computed.GetValueOrDefault(vocabulary.Columns[0].Name)))];
    }

    private void AddComputed(string flag, FeaturePlan plan, IReadOnlyList<string> entries, bool identity)
    {
        foreach ((string column, string value) in FeatureOptions.Pairs(entries))
        {
            int n = int.Parse(value, CultureInfo.InvariantCulture);
            if (identity && plan.Columns.FirstOrDefault(c => c.Name == column) is { } named && !WholeNumber.Is(named.Kind))
                throw GpuCtrException.UsageError($"{flag} {ColumnNames.InShell(column)}: its type is {named.TypeName}, and only integers can be row numbers; use --hash-buckets {ColumnNames.InShell(column)}={n}");
            computed.Add(column, new ComputedRows(n, identity));
        }
    }

    private void AddList(FeatureColumn list, FeatureOptions options)
    {
        int target = Categorical.FindIndex(c => c.Column == list.Target);
        int vocabulary = target >= 0 ? Categorical[target].Vocabulary : Vocabularies.Count;
        if (target < 0)
            Vocabularies.Add(new VocabularyPlan(-1, []));
        Vocabularies[vocabulary].Columns.Add(list);
        Sequences.Add(new SequenceColumn(list.Name, list.Request.Kind!.Value, vocabulary, target, options.MaxHistory, list.Grammar?.Separator, list.Grammar?.Form ?? ListForm.Unchecked, Predicted: list.Role == FeatureRole.Sequence,
            Log: options is { User: { } user, Item: { } item, Timestamp: { } timestamp } ? new(user, item, timestamp) : null));
    }
}
