using GpuCtr.Data.Features;
using GpuCtr.Models.Features;
using GpuCtr.Training.Checkpoints;

namespace GpuCtr.Training.Reports;

/// <summary>Scores of a sample of rows, with the attributes by which the report breaks them down: the value of every field, every number and the length of every list. Of many rows every n-th is kept, so that memory is bounded.</summary>
internal sealed class RowSample
{
    /// <summary>Number of most frequent values of a field that get their own line.</summary>
    public const int TopValues = 8;

    /// <summary>Indices of a field's values: the most frequent values, then these.</summary>
    public const int Others = TopValues, Oov = TopValues + 1, Null = TopValues + 2, Places = TopValues + 3;

    /// <summary>Largest number of rows kept.</summary>
    public const int MostRows = 200_000;

    private readonly FeatureEncoder encoder;
    private readonly int[] places;
    private readonly long stride;
    private long seen;

    /// <param name="encoder">How values became rows of the tables.</param>
    /// <param name="rows">Number of rows that will be added.</param>
    public RowSample(FeatureEncoder encoder, long rows)
    {
        this.encoder = encoder;
        places = encoder.State.NumberPlaces();
        stride = Math.Max(1, (rows + MostRows - 1) / MostRows);
        int count = (int)((rows + stride - 1) / stride);
        (Logits, Labels, Weights) = (new float[count], new float[count], new float[encoder.Target.HasWeights ? count : 0]);
        Values = [.. encoder.Spec.Categorical.Select(_ => new byte[count])];
        Numbers = [.. places.Select(_ => new float[count])];
        Lists = [.. Enumerable.Range(0, encoder.Spec.Sequences.Count).Where(IsFirstOfGroup)];
        Lengths = [.. Lists.Select(_ => new int[count])];
    }

    /// <summary>The columns.</summary>
    public FeatureSpec Spec => encoder.Spec;

    /// <summary>Rows in the sample.</summary>
    public int Rows { get; private set; }

    /// <summary>(Rows) logits.</summary>
    public float[] Logits { get; }

    /// <summary>(Rows) labels.</summary>
    public float[] Labels { get; }

    /// <summary>(Rows) weights; empty if all are 1.</summary>
    public float[] Weights { get; }

    /// <summary>(F)(Rows) index of the value of each field.</summary>
    public byte[][] Values { get; }

    /// <summary>The numeric columns.</summary>
    public IReadOnlyList<NumericColumn> NumericColumns => encoder.State.Numeric;

    /// <summary>(numeric columns)(Rows) the number that the model read; NaN if an indicator marks it as missing.</summary>
    public float[][] Numbers { get; }

    /// <summary>The list columns of <see cref="Lengths"/>: one per behaviour group, and the multi-valued fields.</summary>
    public int[] Lists { get; }

    /// <summary>(Lists)(Rows) entries of each list that the model read.</summary>
    public int[][] Lengths { get; }

    /// <summary>The first rows with their scores, which a checkpoint stores; none if one of them has no score.</summary>
    public IReadOnlyList<CanaryRow>? Canaries { get; private set; }

    /// <summary>Adds a scored batch.</summary>
    public void Add(Batch batch, ReadOnlySpan<float> logits)
    {
        Canaries ??= CanaryRow.Of(batch, logits);
        for (int b = 0; b < batch.Rows; b++, seen++)
        {
            // A row without a score is a bad one.
            if (seen % stride != 0 || Rows == Logits.Length || !float.IsFinite(logits[b]))
                continue;
            (Logits[Rows], Labels[Rows]) = (logits[b], batch.Labels[b]);
            if (Weights.Length > 0)
                Weights[Rows] = batch.Weights[b];
            for (int f = 0; f < Values.Length; f++)
                Values[f][Rows] = Place(batch, b, f);
            for (int n = 0; n < Numbers.Length; n++)
                Numbers[n][Rows] = Number(batch, b, n);
            for (int i = 0; i < Lists.Length; i++)
                Lengths[i][Rows] = Length(batch.Sequences[Lists[i]], b);
            Rows++;
        }
    }

    /// <summary>The probability of a logit: sigmoid(z).</summary>
    public static double Score(float logit) => 1 / (1 + Math.Exp(-(double)logit));

    /// <summary>What a row counts.</summary>
    public float WeightOf(int row) => Weights.Length > 0 ? Weights[row] : 1;

    /// <summary>Name of a field's value by its index.</summary>
    public string Describe(int field, int place)
    {
        VocabularyTable table = encoder.Vocabularies[encoder.Spec.Categorical[field].Vocabulary];
        return place switch
        {
            Others => "(other values)",
            Oov => "(OOV)",
            Null => "(null)",
            _ => table.Describe(VocabularyTable.FirstValueRow + place),
        };
    }

    private byte Place(Batch batch, int b, int field)
    {
        int id = batch.IdAt(b, field), place = id - VocabularyTable.FirstValueRow;
        return (byte)(id == VocabularyTable.NullRow ? Null : id == encoder.Vocabularies[Spec.Categorical[field].Vocabulary].OovRow ? Oov : place < TopValues ? place : Others);
    }

    private float Number(Batch batch, int b, int column)
    {
        int at = b * batch.Spec.N + places[column];
        return NumericColumns[column].Missing && batch.Numeric[at + 1] > 0 ? float.NaN : batch.Numeric[at];
    }

    /// <summary>Entries of a list; padding is not counted, even in variants where it takes part.</summary>
    private int Length(BatchSequence list, int b)
    {
        Span<int> entries = list.TableRows[list.Offsets[b]..list.Offsets[b + 1]];
        return entries.Length - entries.Count(list.TableOffset);
    }

    private bool IsFirstOfGroup(int s)
    {
        SequenceField field = encoder.Spec.Sequences[s];
        return field.Role == SequenceRole.Pooled || encoder.Spec.Group(field.Group).First() == field;
    }
}
