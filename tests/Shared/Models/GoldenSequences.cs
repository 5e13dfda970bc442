using GpuCtr.Kernels.Tensors;
using GpuCtr.Models.Features;
using GpuCtr.Tests;

namespace GpuCtr.Models.Tests;

/// <summary>Golden models of next items: ids (B, T) with padding 0 at the end, target (B, T) the item at masked entries and 0 elsewhere; the file's ids are rows of the table here.</summary>
internal static class GoldenSequences
{
    public const string Kind = "bert4rec";

    public static GoldenModel Of(GoldenFile file)
    {
        int items = file.Size("items"), rows = file.Shape("parameters", "emb.item")[0], longest = file.Shape("parameters", "emb.position")[0];
        ItemIds output = file.Word("output_rows") == "all" ? new(0, rows, rows - 1) : new(1, items, rows - 1);
        FeatureSpec spec = new([new("item", rows)], [], [], [new("sequence", 0, SequenceRole.History, -1, longest)]) { Items = output };
        ModelOptions options = ModelCatalog.Defaults("bert4rec") with
        {
            EmbeddingDim = file.Size("d"),
            TransformerBlocks = file.Size("blocks"),
            AttentionHeads = file.Size("heads"),
            FeedForward = file.Size("ffn"),
            ItemHead = file.Word("head") switch { "tied" => ItemHeads.Tied, "projection" => ItemHeads.Projection, _ => ItemHeads.ProjectionNorm },
            BlockNorm = file.Word("norm") == "pre" ? BlockNorm.Pre : BlockNorm.Post,
            EmbeddingNorm = file.Has("parameters", "emb.norm.gamma"),
            Dropout = 0,
        };
        return new(file, spec, options, (batch, prefix) => Fill(file, batch, prefix))
        {
            Logits = (model, states) => LogitsOf(model, states, output.First, output.Count, file.Shape("expected", "logit")[0]),
            Place = name => name switch
            {
                "emb.item" => new("embedding"),
                "emb.position" => new("positions"),
                _ => new(name.Replace("emb.", "embedding.", StringComparison.Ordinal)),
            },
            IsNoise = name => name.EndsWith("attention.key.bias", StringComparison.Ordinal),
        };
    }

    private static void Fill(GoldenFile file, Batch batch, string prefix)
    {
        int longest = file.Shape("inputs", $"{prefix}ids")[1];
        int[][] ids = [.. file.Input($"{prefix}ids").Select(id => (int)id).Chunk(longest)], targets = [.. file.Input($"{prefix}target").Select(id => (int)id).Chunk(longest)];
        BatchSequence sequence = batch.Sequences[0];
        for (int b = 0; b < ids.Length; b++)
        {
            sequence.SetIds(b, [.. ids[b].TakeWhile(id => id != 0)]);
            foreach ((int t, int target) in targets[b].Index().Where(p => p.Item != 0))
                batch.Predictions!.Add(sequence.Offsets[b] + t, target);
        }
    }

    /// <summary>⟨h, e⟩ + b of the first predictions with every item.</summary>
    private static float[] LogitsOf(TrainableModel model, float[] states, int firstItem, int items, int predictions)
    {
        Tensor table = model.Weights.Single(t => t.Name == "embedding");
        int d = table.Columns;
        float[] e = table.ToArray(model.Device), bias = model.Weights.Single(t => t.Name == "out.bias").ToArray(model.Device);
        return [.. from m in Enumerable.Range(0, predictions)
                   from v in Enumerable.Range(0, items)
                   select (float)(bias[v] + Enumerable.Range(0, d).Sum(i => (double)states[m * d + i] * e[(firstItem + v) * d + i]))];
    }
}
