using GpuCtr.Engine.Checkpoints;
using GpuCtr.Models.Features;

namespace GpuCtr.Engine.Data;

/// <summary>
/// Values → row numbers and transformed numbers, as learned from the training rows. Immutable and safe for many threads.
/// </summary>
/// Integers and strings stay what they are until they are looked up: two ids are never merged unless hash buckets were asked for.
public sealed partial class FeatureEncoder
{
    internal const int Format = 1;

    internal FeatureEncoder(FeatureState state, IReadOnlyList<VocabularyTable> vocabularies)
    {
        State = state;
        Vocabularies = vocabularies;
        Spec = SpecOf(FieldNames.Of(state.Categorical, [.. state.Numeric.Select(n => (n.Column, n.Missing))], state.Sequences));
    }

    /// <summary>What a model needs to know.</summary>
    public FeatureSpec Spec { get; }

    /// <summary>The vocabularies, in the order of the spec.</summary>
    public IReadOnlyList<VocabularyTable> Vocabularies { get; }

    /// <summary>Name of the label column.</summary>
    public string Label => State.Label;

    /// <summary>Name of the group column, if any.</summary>
    public string? Group => State.Group;

    /// <summary>Rows that it was fitted on.</summary>
    public long TrainRows => State.TrainRows;

    /// <summary>Share of label 1 among them.</summary>
    public double LabelRate => TrainRows == 0 ? 0 : (double)State.Positives / TrainRows;

    internal FeatureState State { get; }

    /// <summary>Bytes in memory, about: the vocabularies, and copies of the largest one while it is written into a checkpoint.</summary>
    internal long Bytes => Vocabularies.Sum(v => v.Bytes) + Vocabularies.Select(v => v.Bytes).DefaultIfEmpty(0).Max();

    /// <summary>Learns vocabularies and statistics in a pass over the training rows.</summary>
    /// <param name="shards">Training shards.</param>
    /// <param name="plan">Roles of their columns.</param>
    /// <param name="part">The rows to learn from; null = all.</param>
    /// <param name="progress">Told the number of rows done, by one thread at a time.</param>
    /// <param name="cancellation">Ends the pass early.</param>
    /// <exception cref="Failure">Data: labels that are not 0 or 1, numbers that are not finite, broken pages.</exception>
    public static FeatureEncoder Fit(
        ShardSet shards, FeaturePlan plan, RowPart? part = null, Action<long>? progress = null, CancellationToken cancellation = default) =>
        new FeatureFit(shards, plan, part ?? RowPart.All).Run(progress, cancellation);

    /// <summary>Whether a model reads these fields; one that an earlier version trained may have derived names that are columns' as well.</summary>
    internal bool IsOf(FeatureSpec spec)
    {
        string fields = JsonText.Line(spec);
        return JsonText.Line(Spec) == fields || JsonText.Line(SpecOf(FieldNames.Simple(State))) == fields;
    }

    private FeatureSpec SpecOf(FieldNames names) => new(
        [.. Vocabularies.Select(v => new Vocabulary(v.Name, v.Rows))],
        [.. State.Categorical.Select((c, f) => new CategoricalField(names.Categorical[f], c.Vocabulary))],
        names.Numeric,
        [.. State.Sequences.Select(s => new SequenceField(
            s.Column, s.Vocabulary, s.Target >= 0 ? SequenceRole.History : SequenceRole.Pooled, s.Target, s.MaxLength))]);

    /// <summary>Checks that <paramref name="shards"/> have the columns that training had, with values of the same kind.</summary>
    /// <param name="shards">Shards to encode.</param>
    /// <param name="needLabel">False for prediction, where the label may be absent.</param>
    /// <exception cref="Failure">Data: a column is missing or of another kind.</exception>
    public void Check(ShardSet shards, bool needLabel = true)
    {
        foreach (CategoricalState c in State.Categorical)
            Check(shards, c.Column, c.Kind, false);
        foreach (NumericState n in State.Numeric)
            Check(shards, n.Column, n.Time ? ValueKind.Time : null, false);
        foreach (SequenceState s in State.Sequences)
            Check(shards, s.Column, s.Kind, s.Separator is null);
        if (needLabel)
            Check(shards, Label, null, false);
    }

    private static void Check(ShardSet shards, string name, ValueKind? kind, bool list)
    {
        ShardColumn found = shards.Column(name) ?? throw Failure.BadData(
            $"{shards.Shards[0].Path}: column '{name}' is missing; the model was trained with it; the file has {string.Join(", ", shards.Columns.Select(c => c.Name))}");
        bool number = found.Kind is ValueKind.Integer or ValueKind.Real;
        if (found.IsList != list || (kind is null ? !number : found.Kind != kind))
        {
            string expected = kind switch
            {
                null => "a number",
                ValueKind.Text => "string",
                ValueKind.Real => "a real number",
                ValueKind.Time => "a date or timestamp",
                _ => "an integer",
            };
            throw Failure.BadData(
                $"{shards.Shards[0].Path}: column '{name}' is {found.TypeName}, the model was trained with {(list ? "lists of " : "")}{expected}");
        }
    }
}
