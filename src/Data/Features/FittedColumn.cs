using System.Text.Json.Serialization;
using GpuCtr.Data.Lists;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Features;

/// <summary>A column as fitted: what features.json keeps of it, and how its values become ids or numbers, of a row group as of a single row.</summary>
/// <param name="Column">Its name in the shards.</param>
internal abstract record FittedColumn([property: JsonPropertyOrder(-1)] string Column)
{
    /// <summary>How it is read.</summary>
    public abstract ColumnRequest Request();
}

/// <summary>A field with one id per row; the parts of a time are fields of one column.</summary>
/// <param name="Column">Its name in the shards.</param>
/// <param name="Kind">What its values are.</param>
/// <param name="Vocabulary">Index of its vocabulary.</param>
/// <param name="Rule">From a value to the key of the vocabulary.</param>
/// <param name="Boundaries">Of quantile buckets, ascending; else empty.</param>
internal sealed record CategoricalColumn(string Column, ValueKind Kind, int Vocabulary, KeyRule Rule, double[] Boundaries) : FittedColumn(Column)
{
    /// <summary>Which part of a time the field is; null where it is the whole column.</summary>
    [JsonIgnore]
    public string? Part => Rule is KeyRule.Hour or KeyRule.Weekday ? Rule.ToString().ToLowerInvariant() : null;

    /// <summary>Whether it has integers that are ids, or is a part of a time.</summary>
    internal bool HasWholeValues => Part is not null || (WholeNumber.Is(Kind) && Rule == KeyRule.Value);

    /// <inheritdoc/>
    public override ColumnRequest Request() => new(Column, Rule switch
    {
        KeyRule.Hour or KeyRule.Weekday => ValueKind.Time,
        KeyRule.Criteo or KeyRule.Quantile when Kind != ValueKind.Time => null,
        _ => Kind,
    });

    /// <summary>The id of value <paramref name="i"/> of what was read.</summary>
    /// <param name="read">Read as <see cref="Request"/> says.</param>
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

    /// <summary>The ids of all values that were read.</summary>
    /// <param name="read">Read as <see cref="Request"/> says.</param>
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

    /// <summary>The id of a single integer; null where the values are no numbers.</summary>
    public int? IdOf(WholeNumber value, VocabularyTable vocabulary) => Kind switch
    {
        ValueKind.Text => null,
        ValueKind.Time => vocabulary.RowOf(value.Bits, value.Kind),
        _ when Rule == KeyRule.Value => vocabulary.RowOf(value.Bits, value.Kind),
        _ => IdOf(WholeNumber.Real(value.Bits, value.Kind), vocabulary),
    };

    /// <summary>The id of a single real number; null where the values are no numbers, or this one is none that it can be. Of ids NaN and infinite ones count as missing.</summary>
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
    /// <param name="ticks">Steps of 100 ns since 1970.</param>
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
/// <param name="Transform">What is done to a number before it is standardized.</param>
/// <param name="Mean">Of the transformed numbers of the training rows.</param>
/// <param name="Deviation">Theirs; 1 for a constant column.</param>
/// <param name="Missing">Whether an indicator of missing values follows it.</param>
/// <param name="Time">Whether its values are times, in seconds.</param>
/// <param name="Outlier">What made its deviation useless.</param>
/// <param name="LooksLikeIds">Whether it has reals that all are whole and not negative, and nobody said that they are numbers.</param>
internal sealed record NumericColumn(
    string Column, NumericTransform Transform, double Mean, double Deviation, bool Missing, bool Time = false,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] NumericOutlier? Outlier = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool LooksLikeIds = false) : FittedColumn(Column)
{
    /// <summary>Standardized numbers go so far and no farther, so that none overflows inside a model. Of n values none is more than √(n − 1) deviations from their mean (Samuelson 1968), so no value of fewer than 10¹² training rows is touched.</summary>
    public const float MostDeviations = 1e6f;

    /// <summary>The number that a model reads, of a value that can be read.</summary>
    public float Encode(double value)
    {
        double number = (NumericTransforms.BeforeScaling(value, Transform) - Mean) * (1 / Deviation);
        return (float)(Transform == NumericTransform.None ? number : Math.Clamp(number, -MostDeviations, MostDeviations));
    }

    /// <summary>Whether a number is as far as one can be, so that the value may have been beyond it.</summary>
    public bool IsBound(float number) => Transform != NumericTransform.None && Math.Abs(number) == MostDeviations;

    /// <summary>The value that a number stands for, as exactly as a float tells.</summary>
    public double Decode(float number) => number * Deviation + Mean is var value && Transform == NumericTransform.Log ? NumericTransforms.SignedExp(value) : value;

    /// <inheritdoc/>
    public override ColumnRequest Request() => new(Column, Time ? ValueKind.Time : null);
}

/// <summary>A list column.</summary>
/// <param name="Column">Its name in the shards.</param>
/// <param name="Kind">What its entries are, or the strings that they stand in.</param>
/// <param name="Vocabulary">Index of its vocabulary.</param>
/// <param name="Target">For a history, the index of its categorical column; else −1.</param>
/// <param name="MaxLength">The most recent so many entries are kept.</param>
/// <param name="Separator">Of a string with entries; else null.</param>
/// <param name="Form">What surrounds such entries.</param>
internal sealed record SequenceColumn(
    string Column, ValueKind Kind, int Vocabulary, int Target, int MaxLength, char? Separator = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] ListForm Form = ListForm.Unchecked) : FittedColumn(Column)
{
    /// <summary>How the lists of a string column are written; null for a column of lists.</summary>
    public ListGrammar? Grammar() => Separator is char separator ? new ListGrammar(separator, Form) : null;

    /// <inheritdoc/>
    public override ColumnRequest Request() => new(Column, Kind, Separator is null);
}
