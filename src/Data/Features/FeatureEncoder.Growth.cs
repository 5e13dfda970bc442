using System.Text.Json;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Features;

public sealed partial class FeatureEncoder
{
    /// <summary>This encoding, extended by the values of <paramref name="fresh"/>. Numbers keep their transforms and buckets their boundaries, because the weights were trained with them. Lists in strings use the new grammar.</summary>
    /// <param name="fresh">The encoding of a new run.</param>
    /// <param name="forgetAfter">Values that were absent from this number of last runs, including the new one, lose their rows; 0: keep all.</param>
    /// <exception cref="GpuCtrException">Usage: the fields are not the same; every difference is named.</exception>
    internal FeatureEncoder GrownBy(FeatureEncoder fresh, int forgetAfter = 0)
    {
        string[] then = [.. Fields(State)], now = [.. Fields(fresh.State with { Categorical = [.. fresh.State.Categorical.Select(AsLearned)] })];
        string[] differences = [.. then.Except(now).Select(f => $"{f} is not here"), .. now.Except(then).Select(f => $"{f} is not there")];
        if (differences.Length > 0)
            throw GpuCtrException.UsageError($"--init-from: {string.Join("; ", differences)}; give the columns the roles they have in that run, or --exclude them");
        // The outlier that made a mean or deviation useless belongs to the rows they come from.
        FittedFeatures state = State with
        {
            Numeric = [.. State.Numeric.Select(n => n with { Outlier = null })],
            Sequences = fresh.State.Sequences,
            Negatives = fresh.State.Negatives,
            TrainRows = fresh.State.TrainRows,
            Positives = fresh.State.Positives,
            MinCount = fresh.State.MinCount,
            Target = fresh.State.Target,
        };
        VocabularyTable[] grown = [.. Vocabularies.Select((v, i) => v.GrownBy(fresh.Vocabularies[i], forgetAfter))];
        return new FeatureEncoder(state with { ItemAttributes = fresh.State.ItemAttributes?.Select(a => a.GrownBy(fresh.Vocabularies, grown)).ToList() }, grown) { RowVectors = fresh.RowVectors };
    }

    /// <summary>Signed and unsigned integers, and whole doubles, count as one kind: whether values fit is checked one by one.</summary>
    private CategoricalColumn AsLearned(CategoricalColumn fresh, int field) => field < State.Categorical.Count && State.Categorical[field] is { Rule: KeyRule.Value or KeyRule.RealId } learned
        && learned.Column == fresh.Column && fresh.Rule == KeyRule.Value && WholeNumber.Is(fresh.Kind) && (learned.Rule == KeyRule.RealId || WholeNumber.Is(learned.Kind))
        ? learned
        : fresh;

    private static IEnumerable<string> Fields(FittedFeatures s) =>
    [
        s.Label is null ? "no label" : $"label {s.Label}",
        .. s.GroupKey is null ? Array.Empty<string>() : [$"group {s.GroupKey}"],
        .. s.Categorical.Select((c, i) => $"categorical field {i + 1}: {c.Column} ({Word(c.Kind)}, {Word(c.Rule)})"),
        .. s.Numeric.Select((n, i) => $"numeric field {i + 1}: {n.Column} ({Word(n.Transform)})"),
        .. s.VectorColumns.Select((v, i) => $"vector {i + 1}: {v.Column} ({v.Means.Length} numbers, {Word(v.Transform)})"),
        .. s.Sequences.Select((q, i) => $"list {i + 1}: {q.Column} ({(WholeNumber.Is(q.Kind) ? "integer" : Word(q.Kind))}, {(q.Predicted ? "a sequence" : q.Target < 0 ? "pooled" : $"history of {s.Categorical[q.Target].Column}")}, at most {q.MaxLength})"),
    ];

    private static string Word<T>(T value) where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}
