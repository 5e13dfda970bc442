namespace GpuCtr.Engine.Data;

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
    /// <summary>Name of the field: the column's, with the part where it is a part of a time.</summary>
    public string Name() => Rule is KeyRule.Hour or KeyRule.Weekday ? $"{Column}:{Rule.ToString().ToLowerInvariant()}" : Column;
}

/// <summary>A numeric column, as fitted. Missing: an indicator column follows it. Time: its values are times, in seconds.</summary>
internal sealed record NumericState(string Column, NumericTransform Transform, double Mean, double Deviation, bool Missing, bool Time = false)
{
    /// <summary>The number that a model reads; infinite or NaN where the value is, or where it is too large.</summary>
    public float Encode(double value) => (float)(((Transform == NumericTransform.Log ? Numbers.Log(value) : value) - Mean) * (1 / Deviation));

    /// <summary>The value that a number stands for, as exactly as a float tells.</summary>
    public double Decode(float number) => number * Deviation + Mean is var value && Transform == NumericTransform.Log ? Numbers.Exp(value) : value;
}

/// <summary>A list column, as fitted. Target: index of the categorical column for a history, else −1. Separator: of a string with entries, else null.</summary>
internal sealed record SequenceState(string Column, ValueKind Kind, int Vocabulary, int Target, int MaxLength, char? Separator = null);

/// <summary>What features.json says about a vocabulary; its values are in the Parquet file beside it. Buckets and Identity: <see cref="ComputedRows"/>.</summary>
internal sealed record VocabularyState(string Name, ValueKind Kind, int Rows, int Buckets, long Nulls, long Unseen, string File, bool Identity = false);

/// <summary>Everything needed to encode other shards the same way: features.json.</summary>
internal sealed record FeatureState(
    int Format,
    string Label,
    string? Group,
    long TrainRows,
    long Positives,
    long MinCount,
    long BucketSeed,
    IReadOnlyList<CategoricalState> Categorical,
    IReadOnlyList<NumericState> Numeric,
    IReadOnlyList<SequenceState> Sequences,
    IReadOnlyList<VocabularyState> Vocabularies)
{
    /// <summary>(numeric columns) where the number of each stands among the N of a row; the indicator of a missing one follows it.</summary>
    public int[] NumberPlaces()
    {
        int[] places = new int[Numeric.Count];
        for (int n = 1; n < places.Length; n++)
            places[n] = places[n - 1] + (Numeric[n - 1].Missing ? 2 : 1);
        return places;
    }
}
