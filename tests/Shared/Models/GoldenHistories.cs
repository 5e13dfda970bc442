using GpuCtr.Models.Features;
using GpuCtr.Tests;

namespace GpuCtr.Models.Tests;

/// <summary>Golden models over histories: other (B, fields), item and category (B), hist_item and hist_category (B, T) and their negatives, if any, length (B); the histories share the tables of their targets.</summary>
internal static class GoldenHistories
{
    /// <summary>The model of <paramref name="options"/>, to which the width of embeddings is added.</summary>
    /// <param name="file">The vectors.</param>
    /// <param name="options">Layers, as the kind of the file has them.</param>
    /// <param name="maxLength">The longest history that the model has room for; 0 = that of the vectors.</param>
    public static GoldenModel Of(GoldenFile file, ModelOptions options, int maxLength = 0)
    {
        string[] fields = [.. file.Sizes("other_cardinalities").Select((_, i) => $"other.{i}"), "item", "category"];
        int item = fields.Length - 2, dim = file.Size("embedding_dim"), longest = file.Shape("inputs", "b0.hist_item")[1];
        FeatureSpec spec = new(
            [.. fields.Select(f => new Vocabulary(f, file.Shape("parameters", $"emb.{f}")[0] + 2))], [.. fields.Select((f, i) => new CategoricalField(f, i))], [],
            [.. new[] { "hist_item", "hist_category" }.Select((name, i) => new SequenceField(name, item + i, SequenceRole.History, item + i, maxLength > 0 ? maxLength : longest))]);
        return new(file, spec, options with { EmbeddingDim = dim }, (batch, prefix) => Fill(file, batch, prefix))
        {
            Place = name => name.StartsWith("emb.", StringComparison.Ordinal)
                ? new("embedding", (spec.Offsets()[Array.IndexOf(fields, name["emb.".Length..])] + 1L) * dim)
                : new(name),
        };
    }

    /// <summary>Negatives are called neg_item there.</summary>
    private static string NameOf(BatchSequence s) => s.Field.Role == SequenceRole.Negative ? s.Field.Name.Replace("hist_", "", StringComparison.Ordinal) : s.Field.Name;

    private static void Fill(GoldenFile file, Batch batch, string prefix)
    {
        int[] Ids(string name) => [.. file.Input(prefix + name).Select(id => (int)id + 1)];
        int[] item = Ids("item"), category = Ids("category"), length = [.. file.Input($"{prefix}length").Select(n => (int)n)];
        int[][] other = batch.Spec.F > 2 ? [.. Ids("other").Chunk(batch.Spec.F - 2)] : [.. item.Select(_ => Array.Empty<int>())];
        for (int b = 0; b < batch.Rows; b++)
            batch.SetIds(b, [.. other[b], item[b], category[b]]);
        foreach (BatchSequence s in batch.Sequences)
            foreach ((int b, int[] padded) in Ids(NameOf(s)).Chunk(file.Shape("inputs", prefix + NameOf(s))[1]).Index())
                s.SetIds(b, padded[..length[b]]);
    }
}
