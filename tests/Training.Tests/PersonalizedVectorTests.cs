using System.Text.Json;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Engine;
using GpuCtr.Training.Scoring;
using GpuCtr.Training.Tests.Export;
using Microsoft.ML.OnnxRuntime;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Training.Tests;

/// <summary>A re-ranking model that reads the last hidden layer of a trained model: --prm-from.</summary>
public sealed class PersonalizedVectorTests : OwnFolder
{
    private const int H = 5;

    private static readonly string[] prm =
        ["--model", "prm", "--group-id", "request", "--attention-width", "8", "--embedding-dim", "4", "--batch-size", "64", "--device", "cpu", "--lr", "0.005", "--fit-cache", "off", "--json"];

    private readonly ClickedLists lists = new(150, seed: 4);
    private readonly string shard;

    public PersonalizedVectorTests()
    {
        shard = Write("shard.parquet", vectors: null);
        // It reads a column that the re-ranking model leaves out, and a history, which only it reads.
        Run("train", shard, "--out", Base, "--model", "din", "--hidden-units", $"7,{H}", "--embedding-dim", "4", "--exclude", "request", "--epochs", "2", "--batch-size", "64", "--device", "cpu", "--fit-cache", "off").Succeeded();
    }

    private string Base => Folder.File("din");

    private string Out => Folder.File("prm");

    private string Write(string name, float?[][]? vectors)
    {
        TestShard columns = new TestShard().Column("request", [.. lists.Requests]).Column("item", [.. lists.Requests.Select((_, r) => r * 7L % 11)])
            .Lists("hist_item", [.. lists.Requests.Select(q => Enumerable.Range(0, (int)(q % 4)).Select(i => (long?)((q + i) % 11)).ToArray())]).Column("price", [.. lists.Requests.Select((_, r) => r % 13f)]).Column("label", [.. lists.Labels]);
        return (vectors is null ? columns : columns.Lists("pv", vectors)).Write(Folder.File(name), groupRows: 100);
    }

    [Fact]
    public void It_is_what_a_column_with_that_layer_would_be()
    {
        string hash = Hash(Run(["train", shard, "--out", Out, "--prm-from", Base, "--exclude", "price", "--epochs", "2", .. prm]).Succeeded());
        ShardSet shards = ShardSet.Resolve([shard]);
        using TrainedVectors layer = TrainedVectors.Of(Base);
        Assert.Equal(H, layer.Width);
        List<float?[]> rows = [];
        foreach (RowGroupRef group in shards.RowGroups)
        {
            float[] numbers = new float[group.Rows * H];
            ((IRowVectors)layer).Compute(shards, group, tolerant: false, numbers, H, 0);
            rows.AddRange(numbers.Chunk(H).Select(v => v.Select(x => (float?)x).ToArray()));
        }

        Assert.True(rows.Select(r => r[0]).Distinct().Count() > 20, "the layer is the same for all rows");
        string written = Write("written.parquet", [.. rows]);
        Assert.Equal(hash, Hash(Run(["train", written, "--out", Folder.File("column"), "--vector", "pv", "--numeric-transform", "pv=none", "--exclude", "price", "--epochs", "2", .. prm]).Succeeded()));
    }

    /// <summary>The other run is gone after the training began. Only its model reads the item; both read the price and the history.</summary>
    [Fact]
    public void The_run_needs_nothing_else_to_go_on_evaluate_predict_and_serve()
    {
        string hash = Hash(Run(["train", shard, "--out", Folder.File("whole"), "--prm-from", Base, "--exclude", "item", "--epochs", "2", .. prm]).Succeeded());
        Run(["train", shard, "--out", Out, "--prm-from", Base, "--exclude", "item", "--epochs", "1", .. prm]).Succeeded();
        Directory.Delete(Base, recursive: true);
        Assert.Equal(hash, Hash(Run("train", "--resume", "--out", Out, "--epochs", "2").Succeeded()));
        string scores = Folder.File("scores.parquet");
        Assert.True(JsonDocument.Parse(Run("evaluate", shard, "--model", Out, "--device", "cpu", "--json").Succeeded().Out).RootElement.GetProperty("lists").GetProperty("ranked").GetProperty("ndcg").GetDouble() > 0.5);
        Run("predict", shard, "--model", Out, "--out", scores, "--device", "cpu").Succeeded();
        float[] expected = [.. StoredNumbers.Of(scores, "score").Select(x => (float)x)];
        using CtrModel served = CtrModel.Load(Out, new ScoringOptions { Concurrency = 2 });
        Assert.Equal(["price", "hist_item", "item"], served.Columns.Select(c => c.Name));
        int first = 0;
        foreach (int length in lists.Lengths.Take(20))
        {
            FeatureRow[] rows = [.. Enumerable.Range(first, length).Select(r => Fill(served.NewRow(), r))];
            FeatureRow[] read = [.. Enumerable.Range(first, length).Select(r => served.NewRow().SetJson(JsonDocument.Parse(JsonSerializer.Serialize(
                new { request = 1, item = r * 7L % 11, hist_item = History(r), price = r % 13f, label = 1 })).RootElement))];
            Assert.Equal(served.Score(rows), served.Score(read));
            float[] ranked = new float[length];
            served.Rank(Fill(served.NewRow(), first + 1), read, ranked);
            Assert.Equal(served.Score(rows), ranked);
            foreach ((int i, float p) in served.Score(rows).Index())
                Assert.Equal(expected[first + i], p, 1e-6);
            first += length;
        }
    }

    /// <summary>Both read the price, each with its own encoding; only the other model reads item and history.</summary>
    [Theory]
    [InlineData("din", "--activation", "dice")]
    [InlineData("dien", "--activation", "prelu")]
    public void The_exported_graph_holds_both_models(string model, params string[] flags)
    {
        string onnx = Folder.File("prm.onnx"), other = Folder.File("other");
        Run(["train", shard, "--out", other, "--model", model, "--hidden-units", $"7,{H}", "--embedding-dim", "4", "--exclude", "request", "--epochs", "1", "--batch-size", "64", "--device", "cpu", "--fit-cache", "off", .. flags]).Succeeded();
        Run(["train", shard, "--out", Out, "--prm-from", other, "--exclude", "item", "--epochs", "1", .. prm]).Succeeded();
        Run("export", "--model", Out, "--out", onnx).Succeeded();
        PyTorchTests.AssertHasAllWeights(Out);
        using CtrModel served = CtrModel.Load(Out, new ScoringOptions { Concurrency = 1 });
        int first = 0;
        foreach (int length in lists.Lengths.Take(5))
        {
            FeatureRow[] rows = [.. Enumerable.Range(first, length).Select(r => Fill(served.NewRow(), r))];
            foreach ((float expected, float found) in served.Score(rows).Zip(new OnnxFeed(rows[0].Encoder.Spec, rows, padded: false, new Random(1)).Scores(onnx)))
                Assert.Equal(expected, found, 1e-5);
            first += length;
        }

        using InferenceSession session = new(onnx);
        Assert.Equal(["hist_item", "hist_item_mask", "price", "prm_from.hist_item", "prm_from.hist_item_mask", "prm_from.item", "prm_from.price"], session.InputMetadata.Keys.Order(StringComparer.Ordinal));
        string folder = Folder.File("prm.features");
        Assert.Equal(File.ReadAllText(Path.Combine(folder, "features.json")), session.ModelMetadata.CustomMetadataMap["features"]);
        Assert.Equal(File.ReadAllText(Path.Combine(folder, "row_vectors", "features.json")), session.ModelMetadata.CustomMetadataMap["prm_from"]);
    }

    [Fact]
    public void What_has_no_such_layer_is_refused()
    {
        Run("train", shard, "--out", Folder.File("lr"), "--model", "lr", "--exclude", "request,hist_item", "--batch-size", "64", "--device", "cpu", "--fit-cache", "off").Succeeded();
        Run(["train", shard, "--out", Out, "--prm-from", Folder.File("lr"), .. prm]).FailedWith(ExitCode.Usage, "--prm-from", "this lr has no hidden layer");
        Run(["train", shard, "--out", Out, "--prm-from", Folder.File("none"), .. prm]).FailedWith(ExitCode.Usage, "--prm-from", "no such run");
        Run("train", shard, "--out", Folder.File("first"), "--exclude", "price", "--model", "prm", "--group-id", "request", "--attention-width", "8", "--batch-size", "64", "--device", "cpu", "--fit-cache", "off").Succeeded();
        Run(["train", shard, "--out", Out, "--prm-from", Folder.File("first"), .. prm]).FailedWith(ExitCode.Usage, "it is a prm");
        Run("train", shard, "--out", Out, "--prm-from", Base, "--model", "deepfm", "--device", "cpu").FailedWith(ExitCode.Usage, "--prm-from");
        string fewer = new TestShard().Column("request", [.. lists.Requests]).Column("price", [.. lists.Requests.Select((_, r) => r % 13f)]).Column("label", [.. lists.Labels]).Write(Folder.File("fewer.parquet"));
        Run(["train", fewer, "--out", Out, "--prm-from", Base, .. prm]).FailedWith(ExitCode.Data, "item");
    }

    private long[] History(int r) => [.. Enumerable.Range(0, (int)(lists.Requests[r] % 4)).Select(i => (lists.Requests[r] + i) % 11)];

    private FeatureRow Fill(FeatureRow row, int r) => row.Clear().Set("item", r * 7L % 11).Set("hist_item", History(r)).Set("price", r % 13f);

    private static string Hash(CommandOutcome o) => JsonDocument.Parse(o.Out).RootElement.GetProperty("weights_hash").GetString()!;
}
