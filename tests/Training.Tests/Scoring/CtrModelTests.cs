using System.Text.Json;
using GpuCtr.Data.Shards;

namespace GpuCtr.Training.Tests.Scoring;

public sealed class CtrModelTests(ServedModels models) : IClassFixture<ServedModels>
{
    private static readonly ScoringOptions small = new() { Concurrency = 2, BatchRows = 16 };

    [Theory]
    [InlineData("deepfm")]
    [InlineData("din")]
    [InlineData("bst")]
    public void Rows_one_by_one_and_in_batches_have_the_scores_of_predict(string model)
    {
        float?[] expected = Predicted(model);
        using CtrModel trained = CtrModel.Load(Path.Combine(models.RunOf(model), "best"), small);
        FeatureRow reused = trained.NewRow();
        FeatureRow[] batch = [.. Enumerable.Range(0, models.Rows.Count).Select(i => models.Rows.Fill(trained.NewRow(), i, model != "deepfm"))];
        float[] probabilities = new float[batch.Length];
        trained.Score(batch, probabilities);
        Assert.Equal(probabilities, trained.Score(batch));
        for (int i = 0; i < batch.Length; i++)
        {
            Assert.Equal(expected[i]!.Value, trained.Score(models.Rows.Fill(reused, i, model != "deepfm")), 1e-6f);
            Assert.Equal(expected[i]!.Value, probabilities[i], 1e-6f);
        }
    }

    [Fact]
    public void Json_objects_have_the_scores_of_the_rows()
    {
        float?[] expected = Predicted("din");
        using CtrModel trained = CtrModel.Load(models.Din, small);
        FeatureRow row = trained.NewRow();
        for (int i = 0; i < 200; i++)
            Assert.Equal(expected[i]!.Value, trained.Score(row.SetJson(Json(models.Rows.Json(i)))), 1e-6f);
    }

    [Theory]
    [InlineData("deepfm")]
    [InlineData("din")]
    [InlineData("bst")]
    public void Nothing_is_allocated_after_warming_up(string model)
    {
        using CtrModel trained = CtrModel.Load(models.RunOf(model), small);
        FeatureRow[] rows = [.. Enumerable.Range(0, 40).Select(i => models.Rows.Fill(trained.NewRow(), i, model != "deepfm"))];
        float[] probabilities = new float[rows.Length];
        long[] history = [1_000_000_007L, 3];
        void Work()
        {
            for (int i = 0; i < 50; i++)
            {
                trained.Score(rows[i % rows.Length].Set("user", i).Set("site", "site2").Set("price", 0.5));
                if (model != "deepfm")
                    rows[0].Set("hist_item", history).Set("hist_category", history);
            }
            trained.Score(rows, probabilities);
        }
        Assert.Equal(0, Allocations.Least(Work));
    }

    [Fact]
    public void Many_threads_have_the_scores_of_one()
    {
        float?[] expected = Predicted("din");
        using CtrModel trained = CtrModel.Load(models.Din, small);
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, _ =>
        {
            FeatureRow row = trained.NewRow();
            for (int i = 0; i < models.Rows.Count; i++)
                Assert.Equal(expected[i]!.Value, trained.Score(models.Rows.Fill(row, i)), 1e-6f);
        });
    }

    [Theory]
    [InlineData("", "", "1,x", "'x'")]
    [InlineData("[", "]", "[1, 2", "no list in brackets: '[1, 2', the model was trained with lists of integers, in brackets, separated by ','")]
    public void Strings_with_separators_are_lists(string open, string close, string bad, string told)
    {
        string[] lists = [.. Enumerable.Range(0, 400).Select(i => $"{open}{string.Join(", ", Enumerable.Range(0, i % 7).Select(k => $"{(i * k) % 11}"))}{close}")];
        string shard = new TestShard().Column("label", [.. Enumerable.Range(0, 400).Select(i => i % 3 == 0 ? 1 : 0)])
            .Column("item", [.. Enumerable.Range(0, 400).Select(i => (long)(i % 11))]).Text("hist_item", lists).Write(models.Folder.File($"text{open}.parquet"));
        string run = models.Folder.File($"text{open}-run"), scores = models.Folder.File($"text{open}-scores.parquet");
        CommandRunner.Run("train", shard, "--history", "hist_item", "--out", run, "--device", "cpu", "--max-history", "4", "--batch-size", "64", "--epochs", "3").Succeeded();
        CommandRunner.Run("predict", "--model", run, shard, "--out", scores, "--device", "cpu").Succeeded();
        float?[] expected = ServedModels.Scores(scores);
        using CtrModel trained = CtrModel.Load(run, small);
        FeatureRow row = trained.NewRow();
        for (int i = 0; i < lists.Length; i++)
            Assert.Equal(expected[i]!.Value, trained.Score(row.Clear().Set("item", i % 11).Set("hist_item", lists[i])), 1e-6f);
        FeatureRow json = trained.NewRow().SetJson(Json($$"""{"item": 5, "hist_item": "{{lists[5]}}"}"""));
        Assert.Equal(expected[5]!.Value, trained.Score(json), 1e-6f);
        Assert.Contains(told, Assert.Throws<ArgumentException>(() => row.Set("hist_item", bad)).Message);
    }

    [Fact]
    public void A_row_says_what_does_not_fit()
    {
        using CtrModel trained = CtrModel.Load(models.Din, small), other = CtrModel.Load(models.DeepFm, small);
        FeatureRow row = trained.NewRow();
        Assert.Contains("'nothing'", Assert.Throws<ArgumentException>(() => row.Set("nothing", 1)).Message);
        Assert.StartsWith("column 'itme': the model reads no such column, did you mean 'item'?; it reads user, ", Assert.Throws<ArgumentException>(() => row.SetJson(Json("""{"user": 1, "itme": 2}"""))).Message);
        Assert.Contains("'itme'", Assert.Throws<ArgumentException>(() => row.SetJson(Json("""{"itme": null}"""))).Message);
        Assert.Contains("not array", Assert.Throws<ArgumentException>(() => row.SetJson(Json("[1]"))).Message);
        Assert.Contains("trained with strings", Assert.Throws<ArgumentException>(() => row.Set("site", 1)).Message);
        Assert.Contains("trained with integers", Assert.Throws<ArgumentException>(() => row.Set("user", "a")).Message);
        Assert.Contains("lists of integers", Assert.Throws<ArgumentException>(() => row.Set("hist_item", ["a"])).Message);
        Assert.Contains("not a finite number", Assert.Throws<ArgumentException>(() => row.Set("price", double.NaN)).Message);
        Assert.Contains("hist_category", Assert.Throws<ArgumentException>(() => trained.Score(row.Clear().Set("hist_item", [1L, 2L]))).Message);
        Assert.Contains("another model", Assert.Throws<ArgumentException>(() => other.Score(row)).Message);
        Assert.Contains("no such run", Assert.Throws<GpuCtrException>(() => CtrModel.Load(models.Folder.File("nowhere"))).Message);
        Assert.Contains(new ModelColumn("hist_item", ColumnValues.Integers, ColumnUse.List), trained.Columns);
    }

    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;

    private float?[] Predicted(string model)
    {
        string path = models.Folder.File($"trained-{model}.parquet");
        CommandRunner.Run("predict", "--model", models.RunOf(model), models.Shard, "--out", path, "--device", "cpu", "--overwrite").Succeeded();
        return ServedModels.Scores(path);
    }
}
