using System.Text.Json;
using GpuCtr.Data.Sequences;
using GpuCtr.Data.Shards;
using GpuCtr.Data.Splits;
using GpuCtr.Models.Features;

namespace GpuCtr.Data.Features;

/// <summary>
/// Maps values to row numbers and transformed numbers, as fitted to the training rows. Immutable and safe for many threads.
/// </summary>
/// <remarks>Integers and strings are looked up unchanged: two ids are merged only by hash buckets.</remarks>
public sealed partial class FeatureEncoder
{
    internal const int Format = 1;

    internal FeatureEncoder(FittedFeatures state, IReadOnlyList<VocabularyTable> vocabularies)
    {
        State = state;
        Vocabularies = vocabularies;
        Spec = SpecOf(FieldNames.Of(state.Categorical, [.. state.Numeric.Select(n => (n.Column, n.Missing))], state.VectorColumns, state.Sequences.Select(s => s.Column)));
    }

    /// <summary>The fields and vocabularies for a model.</summary>
    public FeatureSpec Spec { get; }

    /// <summary>The vocabularies, in the order of the spec.</summary>
    public IReadOnlyList<VocabularyTable> Vocabularies { get; }

    /// <summary>Name of the label column; null if items are predicted.</summary>
    public string? Label => State.Label;

    /// <summary>The columns of the log from which sequences were made; null if rows were sequences.</summary>
    internal InteractionColumns? Log => State.Sequences.Select(s => s.Log).FirstOrDefault();

    /// <summary>Name of the gAUC column, if any.</summary>
    public string? GroupKey => State.GroupKey;

    /// <summary>Number of rows that it was fitted to.</summary>
    public long TrainRows => State.TrainRows;

    /// <summary>Mean label among them, weighted.</summary>
    public double LabelRate => State.Target is { } target ? target.Label / target.Weight : TrainRows == 0 ? 0 : (double)State.Positives / TrainRows;

    /// <summary>Their mean weight, by which weights are divided in training.</summary>
    internal double MeanWeight => State.Target is { } target ? target.Weight / TrainRows : 1;

    /// <summary>How labels and weights are read.</summary>
    internal TargetRule Target => State.Target?.Rule ?? TargetRule.Plain;

    /// <summary>Label counts of the rows that it was fitted to.</summary>
    internal LabelCounts Labels => new(TrainRows, State.Positives);

    internal FittedFeatures State { get; }

    /// <summary>The model that computes a vector column; null if there is none.</summary>
    internal IRowVectors? RowVectors { get; private init; }

    /// <summary>This encoding with the vectors of a trained model after all other numbers.</summary>
    internal FeatureEncoder With(IRowVectors vectors) => new(State with { Vectors = [.. State.VectorColumns, VectorColumn.Of(vectors)] }, Vocabularies) { RowVectors = vectors };

    /// <summary>This encoding, one of whose columns is computed by a model, with that model.</summary>
    /// <exception cref="GpuCtrException">Data: it does not fit.</exception>
    internal FeatureEncoder Computing(IRowVectors vectors, string folder) => State.VectorColumns is [.., { Computed: true } last] && last.Means.Length == vectors.Width
        ? new(State, Vocabularies) { RowVectors = vectors }
        : throw GpuCtrException.DataError(new DataPlace(folder), $"damaged: the model in it makes vectors of {vectors.Width} numbers, which its features do not read; use another checkpoint");

    /// <summary>Approximate bytes in memory: the vocabularies, and copies of the largest one while it is written to a checkpoint.</summary>
    internal long Bytes => Vocabularies.Sum(v => v.Bytes) + (State.ItemAttributes?.Sum(a => sizeof(int) * (long)a.Rows.Length) ?? 0) + (RowVectors?.Bytes ?? 0) + Vocabularies.Select(v => v.Bytes).DefaultIfEmpty(0).Max();

    /// <summary>Fits vocabularies and statistics in a pass over the training rows.</summary>
    /// <param name="shards">Training shards.</param>
    /// <param name="plan">Roles of their columns.</param>
    /// <param name="part">The rows to fit; null = all.</param>
    /// <param name="progress">Receives the number of rows done, from one thread at a time.</param>
    /// <param name="cancellation">Ends the pass early.</param>
    /// <param name="learnsItems">Whether negatives of histories will be drawn (<see cref="Batches.NegativeSampler"/>): a further pass then learns the other columns of each item.</param>
    /// <exception cref="GpuCtrException">Data: labels that are not 0 or 1, numbers that are not finite, broken pages.</exception>
    public static FeatureEncoder Fit(
        ShardSet shards, FeaturePlan plan, RowPart? part = null, Action<long>? progress = null, CancellationToken cancellation = default, bool learnsItems = false) =>
        new FeatureFit(shards, plan, part ?? RowPart.All, learnsItems).Run(progress, cancellation);

    /// <summary>Whether a model reads these fields; in a model of an earlier version, derived names may equal column names.</summary>
    internal bool IsOf(FeatureSpec spec)
    {
        string fields = Line(spec);
        return Line(Spec) == fields || Line(SpecOf(FieldNames.Simple(State))) == fields;

        static string Line(FeatureSpec s) => JsonSerializer.Serialize(s, FeaturesJson.Line.FeatureSpec);
    }

    private FeatureSpec SpecOf(FieldNames names) => new(
        [.. Vocabularies.Select(v => new Vocabulary(v.Name, v.Rows + (State.PredictsItems ? 1 : 0)))],
        [.. State.Categorical.Select((c, f) => new CategoricalField(names.Categorical[f], c.Vocabulary))],
        names.Numeric,
        [.. State.Sequences.Select(s => new SequenceField(
            s.Column, s.Vocabulary, s.Target >= 0 || s.Predicted ? SequenceRole.History : SequenceRole.Pooled, s.Target, s.MaxLength))])
    { Items = State.PredictsItems ? ItemsOf(Vocabularies[0]) : null, VectorNumbers = State.VectorColumns.Sum(v => v.Count()), HasWeights = Target.HasWeights };

    /// <summary>Items are the values; the OOV row is followed by the row of the mask.</summary>
    private static ItemIds ItemsOf(VocabularyTable table) => new(VocabularyTable.FirstValueRow, table.OovRow - VocabularyTable.FirstValueRow, table.Rows);

    /// <summary>Checks that <paramref name="shards"/> have the columns that training had, with values of the same kind.</summary>
    /// <param name="shards">Shards to encode.</param>
    /// <param name="needLabel">False for prediction, where the label may be absent.</param>
    /// <param name="training">Whether the rows are trained on, so that they must have the negatives that were declared.</param>
    /// <exception cref="GpuCtrException">Data: a column is missing or of another kind.</exception>
    public void Check(ShardSet shards, bool needLabel = true, bool training = false)
    {
        shards.Check(State.Requests(), "the model was trained");
        shards.Check(State.Lists(training).Select(s => s.Request()), "the model was trained");
        RowVectors?.Check(shards);
        if (needLabel && Label is not null)
            shards.Check(Target.Requests(Label), "the model was trained");
        foreach (CategoricalColumn c in State.Categorical.Where(c => c.Rule == KeyRule.Hour))
        {
            if (shards.Shards.FirstOrDefault(s => s.Column(c.Column) is { TypeName: "date" }) is { } shard)
                throw GpuCtrException.DataError(new DataPlace(shard.Path), $"column '{c.Column}' is date, which has no hour; the model was trained with a timestamp");
        }
    }
}
