using System.Text.Json.Serialization;
using GpuCtr.Data.Lists;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Features;

/// <summary>How the value of a column becomes the key of its vocabulary.</summary>
internal enum KeyRule
{
    /// <summary>The integer or string itself.</summary>
    Value,

    /// <summary>A real number used as an id.</summary>
    RealId,

    /// <summary>Criteo's bucket of a number.</summary>
    Criteo,

    /// <summary>The quantile bucket of a number.</summary>
    Quantile,

    /// <summary>The hour of a time.</summary>
    Hour,

    /// <summary>The day of the week of a time.</summary>
    Weekday,
}

/// <summary>A column with one id per row, as fitted.</summary>
internal sealed record CategoricalState(string Column, ValueKind Kind, int Vocabulary, KeyRule Rule, double[] Boundaries)
{
    /// <summary>Which part of a time the field is; null where it is the whole column.</summary>
    [JsonIgnore]
    public string? Part => Rule is KeyRule.Hour or KeyRule.Weekday ? Rule.ToString().ToLowerInvariant() : null;

    /// <summary>What is read for it.</summary>
    public ColumnRequest Wanted() => new(Column, Rule switch
    {
        KeyRule.Hour or KeyRule.Weekday => ValueKind.Time,
        KeyRule.Criteo or KeyRule.Quantile when Kind != ValueKind.Time => null,
        _ => Kind,
    });
}

/// <summary>A numeric column, as fitted. Missing: an indicator column follows it. Time: its values are times, in seconds. Outlier: what made its deviation useless. LooksLikeIds: reals that all are whole and not negative, and nobody said that they are numbers.</summary>
internal sealed record NumericState(
    string Column, NumericTransform Transform, double Mean, double Deviation, bool Missing, bool Time = false,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] NumericOutlier? Outlier = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool LooksLikeIds = false)
{
    /// <summary>What is read for it.</summary>
    public ColumnRequest Wanted() => new(Column, Time ? ValueKind.Time : null);

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
}

/// <summary>A list column, as fitted. Target: index of the categorical column for a history, else −1. Separator: of a string with entries, else null.</summary>
internal sealed record SequenceState(
    string Column, ValueKind Kind, int Vocabulary, int Target, int MaxLength, char? Separator = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] ListForm Form = ListForm.Unchecked)
{
    /// <summary>How the lists of a string column are written; null for a column of lists.</summary>
    public ListGrammar? Grammar() => Separator is char separator ? new ListGrammar(separator, Form) : null;

    /// <summary>What is read for it.</summary>
    public ColumnRequest Wanted() => new(Column, Kind, Separator is null);
}

/// <summary>What features.json says about a vocabulary; its values are in the Parquet file beside it. Buckets and Identity: <see cref="HashedRows"/>.</summary>
internal sealed record VocabularyState(string Name, ValueKind Kind, int Rows, int Buckets, long Nulls, [property: JsonPropertyName("unseen")] long Oov, string File, bool Identity = false);

/// <summary>Everything needed to encode other shards the same way: features.json.</summary>
internal sealed record FeatureState(
    int Format,
    string Label,
    [property: JsonPropertyName("group")] string? GaucKey,
    long TrainRows,
    long Positives,
    long MinCount,
    long BucketSeed,
    IReadOnlyList<CategoricalState> Categorical,
    IReadOnlyList<NumericState> Numeric,
    IReadOnlyList<SequenceState> Sequences,
    IReadOnlyList<VocabularyState> Vocabularies)
{
    /// <summary>Every column that is read as a feature.</summary>
    public IEnumerable<ColumnRequest> Wanted() =>
        Categorical.Select(c => c.Wanted()).Concat(Numeric.Select(n => n.Wanted())).Concat(Sequences.Select(s => s.Wanted())).Distinct();

    /// <summary>(numeric columns) where the number of each stands among the N of a row; the indicator of a missing one follows it.</summary>
    public int[] NumberPlaces()
    {
        int[] places = new int[Numeric.Count];
        for (int n = 1; n < places.Length; n++)
            places[n] = places[n - 1] + (Numeric[n - 1].Missing ? 2 : 1);
        return places;
    }
}
