using System.Text.Json.Serialization;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Features;

/// <summary>What features.json says about a vocabulary; its values are in the Parquet file beside it. Buckets and Identity: <see cref="HashedRows"/>.</summary>
internal sealed record StoredVocabulary(string Name, ValueKind Kind, int Rows, int Buckets, long Nulls, [property: JsonPropertyName("unseen")] long Oov, string File, bool Identity = false);

/// <summary>Everything needed to encode other shards the same way: features.json.</summary>
internal sealed record FittedFeatures(
    int Format,
    string Label,
    [property: JsonPropertyName("group")] string? GaucKey,
    long TrainRows,
    long Positives,
    long MinCount,
    long BucketSeed,
    IReadOnlyList<CategoricalColumn> Categorical,
    IReadOnlyList<NumericColumn> Numeric,
    IReadOnlyList<SequenceColumn> Sequences,
    IReadOnlyList<StoredVocabulary> Vocabularies)
{
    /// <summary>How the columns of all features are read.</summary>
    public IEnumerable<ColumnRequest> Requests() => Categorical.Concat<FittedColumn>(Numeric).Concat(Sequences).Select(c => c.Request()).Distinct();

    /// <summary>(numeric columns) where the number of each stands among the N of a row; the indicator of a missing one follows it.</summary>
    public int[] NumberPlaces()
    {
        int[] places = new int[Numeric.Count];
        for (int n = 1; n < places.Length; n++)
            places[n] = places[n - 1] + (Numeric[n - 1].Missing ? 2 : 1);
        return places;
    }
}
