using System.Text.Json;
using GpuCtr.Training.Tests.Export;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Training.Tests.NextItems;

/// <summary>ONNX Runtime scores all items behind a sequence as the model in this process does.</summary>
public sealed class NextItemOnnxTests(NextItemRuns runs) : IClassFixture<NextItemRuns>
{
    private static readonly long[][] sequences = [[5], [3, 8, 1], [10, 2, 999, 4, 20], [7, 1, 3, 18, 9, 2, 11, 4, 15]];

    [Theory]
    [InlineData("sasrec", "--transformer-blocks", "3")]
    [InlineData("bert4rec", "--block-norm", "post")]
    [InlineData("bert4rec", "--block-norm", "pre", "--item-head", "projectionnorm", "--feed-forward", "24")]
    public void Scores_of_all_items_are_the_same(string model, params string[] flags)
    {
        string run = runs.Folder.File($"{model}-{string.Join('-', flags)}"), onnx = $"{run}.onnx", train = PlantedSequences.File(runs.Folder, $"{Guid.NewGuid():N}.parquet", PlantedSequences.Of(60, seed: 4));
        Run(["train", train, "--model", model, "--out", run, "--epochs", "2", .. NextItemRuns.Small, .. flags]).Succeeded();
        Run("export", "--model", run, "--out", onnx).Succeeded();
        PyTorchTests.AssertHasAllWeights(run);
        using InferenceSession session = new(onnx);
        JsonElement items = JsonDocument.Parse(session.ModelMetadata.CustomMetadataMap["items"]).RootElement;
        (int first, int count) = (items.GetProperty("first").GetInt32(), items.GetProperty("count").GetInt32());
        Dictionary<long, int> rows = Vocabulary(onnx.Replace(".onnx", ".features", StringComparison.Ordinal), first);
        Assert.Equal(rows.Count, count);
        using NextItemModel served = NextItemModel.Load(run, top: count, namesSeen: true);
        foreach (bool inFront in new[] { true, false })
        {
            float[] scores = Scores(session, [.. sequences.Select(s => s.Select(item => rows.GetValueOrDefault(item, first + count)))], model == "bert4rec" ? items.GetProperty("mask").GetInt32() : null, inFront);
            foreach ((int b, long[] sequence) in sequences.Index())
            {
                NextItem<long>[] ours = served.Next(sequence);
                Assert.Equal(count, ours.Length);
                Assert.True(ours[0].Score > ours[^1].Score + 1e-3, "all items score alike");
                Assert.All(ours, next => Assert.Equal(next.Score, scores[b * count + rows[next.Item] - first], 1e-4));
            }
        }
    }

    /// <summary>As docs/export.md says: the last entries that are read, then the mask where there is one; padding with any row, behind or in front.</summary>
    private static float[] Scores(InferenceSession session, IEnumerable<int>[] sequences, int? mask, bool inFront)
    {
        const int most = 6, width = most + 2;
        DenseTensor<long> ids = new([sequences.Length, width]);
        DenseTensor<bool> valid = new([sequences.Length, width]);
        foreach ((int b, IEnumerable<int> sequence) in sequences.Index())
        {
            int[] read = mask is { } row ? [.. sequence.TakeLast(most - 1), row] : [.. sequence.TakeLast(most)];
            int start = inFront ? width - read.Length : 0;
            for (int t = 0; t < width; t++)
                (valid[b, t], ids[b, t]) = (t >= start && t < start + read.Length, t >= start && t < start + read.Length ? read[t - start] : 1 + t % 3);
        }

        string list = session.InputMetadata.Keys.Single(k => !k.EndsWith("_mask", StringComparison.Ordinal));
        using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> outputs = session.Run([NamedOnnxValue.CreateFromTensor(list, ids), NamedOnnxValue.CreateFromTensor($"{list}_mask", valid)], ["scores"]);
        return [.. outputs.Single().AsEnumerable<float>()];
    }

    /// <summary>Rows of the items by their value, from the exported folder.</summary>
    private static Dictionary<long, int> Vocabulary(string features, int first) =>
        StoredNumbers.Of(Directory.GetFiles(Path.Combine(features, "vocab")).Single(), "value").Index().ToDictionary(v => (long)v.Item, v => first + v.Index);
}
