using System.Text.Json.Serialization;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Features;

/// <summary>A vocabulary in features.json; its values are in the Parquet file beside it. Buckets and Identity: <see cref="ComputedRows"/>.</summary>
internal sealed record StoredVocabulary(string Name, ValueKind Kind, int Rows, int Buckets, long Nulls, [property: JsonPropertyName("unseen")] long Oov, string File, bool Identity = false);

/// <summary>An <see cref="ItemAttribute"/> in features.json; its rows are in the Parquet file beside it.</summary>
internal sealed record StoredAttribute(int Item, int Attribute, string File);

/// <summary>Content of features.json: everything needed to encode other shards the same way.</summary>
internal sealed record FittedFeatures(
    int Format,
    string? Label,
    [property: JsonPropertyName("group")] string? GroupKey,
    long TrainRows,
    long Positives,
    long MinCount,
    long BucketSeed,
    IReadOnlyList<CategoricalColumn> Categorical,
    IReadOnlyList<NumericColumn> Numeric,
    IReadOnlyList<SequenceColumn> Sequences,
    IReadOnlyList<StoredVocabulary> Vocabularies,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<SequenceColumn>? Negatives = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<StoredAttribute>? Attributes = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<VectorColumn>? Vectors = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] FittedTarget? Target = null)
{
    /// <summary>The vector columns, whose numbers follow those of the numeric columns.</summary>
    [JsonIgnore]
    public IReadOnlyList<VectorColumn> VectorColumns => Vectors ?? [];

    /// <summary>Names of the numeric and vector columns.</summary>
    [JsonIgnore]
    public IEnumerable<string> NumberColumns => [.. Numeric.Select(n => n.Column), .. VectorColumns.Select(v => v.Column)];

    /// <summary>Index of the first number of a vector column among the N of a row.</summary>
    public int VectorPlace(int vector) => Numeric.Sum(n => n.Missing ? 2 : 1) + VectorColumns.Take(vector).Sum(v => v.Count());

    /// <summary>Whether the next items of a sequence are predicted; then it is the only column, and there is no label.</summary>
    [JsonIgnore]
    public bool PredictsItems => Sequences.Any(s => s.Predicted);

    /// <summary>The learned attributes of items; null if no negatives are drawn.</summary>
    [JsonIgnore]
    public IReadOnlyList<ItemAttribute>? ItemAttributes { get; init; }

    /// <summary>The list columns of rows; for training rows, negatives after the others.</summary>
    public IReadOnlyList<SequenceColumn> Lists(bool training) => training && Negatives is not null ? [.. Sequences, .. Negatives] : Sequences;

    /// <summary>How the columns of all features are read.</summary>
    public IEnumerable<ColumnRequest> Requests() => Categorical.Concat<FittedColumn>(Numeric).Concat(VectorColumns.Where(v => !v.Computed)).Concat(Sequences).Select(c => c.Request()).Distinct();

    /// <summary>(numeric columns) index of each column's number among the N of a row; its indicator follows it.</summary>
    public int[] NumberPlaces()
    {
        int[] places = new int[Numeric.Count];
        for (int n = 1; n < places.Length; n++)
            places[n] = places[n - 1] + (Numeric[n - 1].Missing ? 2 : 1);
        return places;
    }
}
