using GpuCtr.Kernels.Dense;
using GpuCtr.Models.Features;
using GpuCtr.Tests;

namespace GpuCtr.Models.Tests;

/// <summary>Golden models of lists: x (B, L, ·), pv (B, L, ·) and label (B, L), padded behind length (B) items; here an item is a row, and x and pv are its numbers.</summary>
internal static class GoldenLists
{
    public const string Kind = "prm";

    public static GoldenModel Of(GoldenFile file)
    {
        int numbers = file.Size("d_x") + file.Size("d_pv"), d = file.Size("d_model");
        bool wide = file.Word("head_width") == "d_model";
        ModelOptions options = ModelCatalog.Defaults("prm") with
        {
            AttentionWidth = d,
            TransformerBlocks = file.Size("blocks"),
            AttentionHeads = file.Size("heads"),
            HeadWidth = wide ? d : 0,
            FeedForward = file.Size("ffn"),
            ListPlaces = file.Shape("parameters", "position")[0],
            ListLoss = file.Word("loss") == "softmax" ? ListLoss.Softmax : ListLoss.Pointwise,
        };
        FeatureSpec spec = new([], [], [.. Enumerable.Range(0, numbers).Select(n => $"x{n}")], []);
        return new(file, spec, options, (batch, prefix) => Fill(file, batch, prefix))
        {
            RowsOf = prefix => (int)file.Input($"{prefix}length").Sum(),
            ExpectedLogit = () => Items(file, file.Expected("score"), "b0."),
            // The first batch may be smaller than a later one, for which the model has room.
            Logits = (model, _) => Scores(model)[..(int)file.Input("b0.length").Sum()],
            // Where a softmax follows, a constant added to all scores of a list changes nothing: neither a bias of the scores nor one of what they are made of.
            IsNoise = name => name.EndsWith("attention.key.bias", StringComparison.Ordinal)
                || options.ListLoss == ListLoss.Softmax && (name == "out.bias" || name == $"block.{options.TransformerBlocks - 1}.norm2.beta"),
        };
    }

    /// <summary>The values of the items among those of a padded matrix (B, L).</summary>
    public static double[] Items(GoldenFile file, double[] padded, string prefix, int columns = 1)
    {
        int longest = file.Shape("inputs", $"{prefix}label")[1] * columns;
        return [.. padded.Chunk(longest).Zip(file.Input($"{prefix}length"), (list, length) => list[..((int)length * columns)]).SelectMany(list => list)];
    }

    private static float[] Scores(TrainableModel model) =>
        model.Recorded.Model.Ops.OfType<Linear>().Last().Output.ToArray(model.Device);

    private static void Fill(GoldenFile file, Batch batch, string prefix)
    {
        int ofX = file.Size("d_x"), ofPv = file.Size("d_pv");
        double[] x = Items(file, file.Input($"{prefix}x"), prefix, ofX), pv = Items(file, file.Input($"{prefix}pv"), prefix, ofPv);
        for (int i = 0; i < batch.Rows; i++)
            for (int n = 0; n < ofX + ofPv; n++)
                batch.Numeric[i * (ofX + ofPv) + n] = (float)(n < ofX ? x[i * ofX + n] : pv[i * ofPv + n - ofX]);
        Items(file, file.Input($"{prefix}label"), prefix).Select(y => (float)y).ToArray().CopyTo(batch.Labels);
        foreach (double length in file.Input($"{prefix}length"))
            batch.Lists!.Add((int)length);
    }
}
