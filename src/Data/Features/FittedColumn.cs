using System.Text.Json.Serialization;
using GpuCtr.Data.Lists;
using GpuCtr.Data.Sequences;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Features;

/// <summary>A fitted column: its entry in features.json, and the encoding of its values, for row groups and for single rows.</summary>
/// <param name="Column">Its name in the shards.</param>
internal abstract record FittedColumn([property: JsonPropertyOrder(-1)] string Column)
{
    /// <summary>How it is read.</summary>
    public abstract ColumnRequest Request();
}

/// <summary>A field with one id per row; the derived fields of a time have the same column.</summary>
/// <param name="Column">Its name in the shards.</param>
/// <param name="Kind">Kind of its values.</param>
/// <param name="Vocabulary">Index of its vocabulary.</param>
/// <param name="Rule">How a value becomes a key of the vocabulary.</param>
/// <param name="Boundaries">Boundaries of quantile buckets, ascending; else empty.</param>
internal sealed record CategoricalColumn(string Column, ValueKind Kind, int Vocabulary, KeyRule Rule, double[] Boundaries) : FittedColumn(Column)
{
    /// <summary>The part of a time that is the field; null if it is the whole column.</summary>
    [JsonIgnore]
    public string? Part => Rule is KeyRule.Hour or KeyRule.Weekday ? Rule.ToString().ToLowerInvariant() : null;

    /// <summary>Whether its ids are integers, or it is a part of a time.</summary>
    internal bool HasWholeValues => Part is not null || (WholeNumber.Is(Kind) && Rule == KeyRule.Value);

    /// <inheritdoc/>
    public override ColumnRequest Request() => new(Column, Rule switch
    {
        KeyRule.Hour or KeyRule.Weekday => ValueKind.Time,
        KeyRule.Criteo or KeyRule.Quantile when Kind != ValueKind.Time => null,
        _ => Kind,
    });

    /// <summary>The id of value <paramref name="i"/> of a decoded column.</summary>
    /// <param name="read">The column, read by <see cref="Request"/>.</param>
    /// <param name="i">Its index.</param>
    /// <param name="vocabulary">The vocabulary.</param>
    public int IdOf(ColumnBuffer read, int i, VocabularyTable vocabulary)
    {
        if (read.IsNull(i))
            return VocabularyTable.NullRow;
        if (read.Kind == ValueKind.Text)
            return vocabulary.RowOf(read.Texts[i].Span);
        return KeyEncoder.TryEncode(read, i, Rule, Boundaries, out long key) ? vocabulary.RowOf(key) : VocabularyTable.NullRow;
    }

    /// <summary>The ids of all values of a decoded column.</summary>
    /// <param name="read">The column, read by <see cref="Request"/>.</param>
    /// <param name="vocabulary">The vocabulary.</param>
    /// <param name="ids">(rows).</param>
    public void IdsOf(ColumnBuffer read, VocabularyTable vocabulary, Span<int> ids)
    {
        if (read.Kind == ValueKind.Text || Rule != KeyRule.Value)
        {
            for (int r = 0; r < ids.Length; r++)
                ids[r] = IdOf(read, r, vocabulary);
            return;
        }

        vocabulary.RowsOf(read.Integers.AsSpan(0, ids.Length), ids);
        for (int r = 0; read.HasNulls && r < ids.Length; r++)
            ids[r] = read.Nulls[r] ? VocabularyTable.NullRow : ids[r];
    }

    /// <summary>The id of a single integer; null if the column does not have numbers.</summary>
    public int? IdOf(WholeNumber value, VocabularyTable vocabulary) => Kind switch
    {
        ValueKind.Text => null,
        ValueKind.Time => vocabulary.RowOf(value.Bits, value.Kind),
        _ when Rule == KeyRule.Value => vocabulary.RowOf(value.Bits, value.Kind),
        _ => IdOf(WholeNumber.Real(value.Bits, value.Kind), vocabulary),
    };

    /// <summary>The id of a single real number; null if the column does not have numbers, or cannot have this one. For ids, NaN and infinity count as missing.</summary>
    public int? IdOf(double value, VocabularyTable vocabulary)
    {
        if (HasWholeValues)
        {
            return double.IsNaN(value) ? VocabularyTable.NullRow
                : WholeNumber.TryOf(value, Part is null ? Kind : ValueKind.Integer, out long bits) ? vocabulary.RowOf(bits) : null;
        }

        if (Kind is ValueKind.Text or ValueKind.Time)
            return null;
        return KeyEncoder.TryEncode(value, Rule, Boundaries, out long key) ? vocabulary.RowOf(key) : Rule == KeyRule.RealId ? VocabularyTable.NullRow : null;
    }

    /// <summary>The id of a single time.</summary>
    /// <param name="ticks">Units of 100 ns since 1970.</param>
    /// <param name="vocabulary">The vocabulary.</param>
    public int IdOfTime(long ticks, VocabularyTable vocabulary) => vocabulary.RowOf(Rule switch
    {
        KeyRule.Hour => TimeFields.Hour(ticks, StoredTimeUnit.Ticks),
        KeyRule.Weekday => TimeFields.Weekday(ticks, StoredTimeUnit.Ticks),
        _ => KeyEncoder.TryEncode(TimeFields.Seconds(ticks, StoredTimeUnit.Ticks), Rule, Boundaries, out long bucket) ? bucket : 0,
    });
}

/// <summary>A numeric column.</summary>
/// <param name="Column">Its name in the shards.</param>
/// <param name="Transform">The transform.</param>
/// <param name="Mean">Mean of the transformed numbers of the training rows.</param>
/// <param name="Deviation">Their standard deviation; 1 for a constant column.</param>
/// <param name="Missing">Whether an indicator of missing values follows it.</param>
/// <param name="Time">Whether its values are times, in seconds.</param>
/// <param name="Outlier">The value that made its deviation useless.</param>
/// <param name="LooksLikeIds">Whether its reals are all whole and not negative, and no flag declares them as numbers.</param>
internal sealed record NumericColumn(
    string Column, NumericTransform Transform, double Mean, double Deviation, bool Missing, bool Time = false,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] NumericOutlier? Outlier = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool LooksLikeIds = false) : FittedColumn(Column)
{
    /// <summary>Limit to which standardized numbers are clamped, so that none overflows in a model. No one of n values is more than √(n − 1) deviations from their mean (Samuelson 1968), so no value of up to 10¹² training rows is clamped.</summary>
    public const float MostDeviations = 1e6f;

    /// <summary>The number that a model reads for a valid value.</summary>
    public float Encode(double value) => Encode(value, Transform, Mean, Deviation);

    /// <summary>The number that a model reads for a valid value, also for one of a vector.</summary>
    public static float Encode(double value, NumericTransform transform, double mean, double deviation)
    {
        double number = (NumericTransforms.BeforeScaling(value, transform) - mean) * (1 / deviation);
        return (float)(transform == NumericTransform.None ? number : Math.Clamp(number, -MostDeviations, MostDeviations));
    }

    /// <summary>Whether a number is at the limit, so that it may have been clamped.</summary>
    public bool IsBound(float number) => Transform != NumericTransform.None && Math.Abs(number) == MostDeviations;

    /// <summary>The value of a number, up to the precision of a float.</summary>
    public double Decode(float number) => number * Deviation + Mean is var value && Transform == NumericTransform.Log ? NumericTransforms.SignedExp(value) : value;

    /// <inheritdoc/>
    public override ColumnRequest Request() => new(Column, Time ? ValueKind.Time : null);
}

/// <summary>A list column.</summary>
/// <param name="Column">Its name in the shards.</param>
/// <param name="Kind">Kind of its entries, or text for lists in strings.</param>
/// <param name="Vocabulary">Index of its vocabulary.</param>
/// <param name="Target">For a history and its negatives, the index of its categorical column; else −1.</param>
/// <param name="MaxLength">The last so many entries are kept.</param>
/// <param name="Separator">Separator of lists in strings; else null.</param>
/// <param name="Form">Brackets and quotes of lists in strings.</param>
/// <param name="Predicted">Whether its own items are predicted: there is no other column, and its table has a row for the mask after those of the vocabulary.</param>
/// <param name="Log">The columns of the log from whose rows the sequences were made; null if rows were sequences.</param>
internal sealed record SequenceColumn(
    string Column, ValueKind Kind, int Vocabulary, int Target, int MaxLength, char? Separator = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] ListForm Form = ListForm.Unchecked,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Predicted = false,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] InteractionColumns? Log = null) : FittedColumn(Column)
{
    // The item after those that are read, the validation item and the test item.
    private const int MostAnswers = 3;

    /// <summary>Number of last entries kept in encoded rows: those that a model reads, and those that it may predict.</summary>
    [JsonIgnore]
    public int Stored => Predicted ? MaxLength + MostAnswers : MaxLength;

    /// <summary>Grammar of lists in strings; null for a list column.</summary>
    public ListGrammar? Grammar() => Separator is char separator ? new ListGrammar(separator, Form) : null;

    /// <summary>The id of entry <paramref name="i"/> of a decoded column, counted over all rows; of lists in strings, once they are split.</summary>
    public static int IdOf(ColumnBuffer read, int i, VocabularyTable vocabulary) => read.IsNull(i) ? VocabularyTable.NullRow
        : read.Kind == ValueKind.Text ? vocabulary.RowOf(read.Texts[i].Span) : vocabulary.RowOf(read.Integers[i]);

    /// <inheritdoc/>
    public override ColumnRequest Request() => new(Column, Kind, Separator is null);
}
