using GpuCtr.Training.Checkpoints;

namespace GpuCtr.Training.Tests.Checkpoints;

public sealed class CanaryRowTests(ServedModels models) : IClassFixture<ServedModels>
{
    private static readonly ScoringOptions small = new() { Concurrency = 1, BatchRows = 5 };

    [Theory]
    [InlineData("deepfm")]
    [InlineData("din")]
    [InlineData("bst")]
    public void A_checkpoint_has_rows_with_their_scores_and_only_their_model_loads(string model)
    {
        string run = models.RunOf(model);
        Assert.Equal(16, CanaryRow.Read(RunFolder.Resolve(run)).Count);
        CtrModel.Load(run, small).Dispose();
        using ServedRun copy = new();
        foreach ((double change, bool loads) in new[] { (0, true), (0.0009, true), (0.0011, false), (-0.0011, false) })
        {
            string checkpoint = copy.Publish(run, c => ServedRun.ChangeScores(c, score => score + change));
            if (loads)
                CtrModel.Load(checkpoint, small).Dispose();
            else
                Assert.Contains("canary.jsonl: the rows do not have the scores", Assert.Throws<GpuCtrException>(() => CtrModel.Load(checkpoint, small)).Message);
        }
    }

    [Fact]
    public void A_run_without_validation_rows_keeps_rows_of_its_training()
    {
        using TempFolder folder = new();
        string shard = new TestShard().Column("label", [.. Enumerable.Range(0, 100).Select(i => i % 2)]).Column("item", [.. Enumerable.Range(0, 100).Select(i => (long)(i % 7))]).Write(folder.File("rows.parquet"));
        string run = folder.File("run");
        CommandRunner.Run("train", shard, "--out", run, "--valid-fraction", "0", "--epochs", "2", "--embedding-dim", "4", "--hidden-units", "8").Succeeded();
        IReadOnlyList<CanaryRow> rows = CanaryRow.Read(RunFolder.Resolve(run));
        using CtrModel model = CtrModel.Load(run, small);
        Assert.Equal(Enumerable.Range(0, 16).Select(i => model.Score(model.NewRow().Set("item", i % 7))), rows.Select(r => r.Score), (a, b) => Math.Abs(a - b) < 1e-6);
    }

    [Theory]
    [InlineData("\"user\":", "\"uesr\":", "not rows of this model")]
    [InlineData("\"hist_item\":[", "\"hist_item\":[-1,", "not rows of this model")]
    [InlineData("\"score\":", "\"scroe\":", "damaged")]
    [InlineData("\"tags\":[", "\"tags\":[99999999],\"other\":[", "not rows of this model")]
    [InlineData("\"lists\":{", "\"lists\":{\"x\":null,", "damaged")]
    [InlineData("\"numbers\":[", "\"numbers\":[1,", "not rows of this model")]
    public void Rows_that_cannot_be_are_one_line(string from, string to, string said)
    {
        using ServedRun copy = new();
        string checkpoint = copy.Publish(models.Din, c =>
        {
            string path = Path.Combine(c, CanaryRow.File), text = File.ReadAllText(path);
            Assert.Contains(from, text);
            File.WriteAllText(path, text.Replace(from, to, StringComparison.Ordinal));
            FileDigest digest = FileDigest.Of(path);
            ServedRun.ChangeManifest(c, m => m["files"]![CanaryRow.File] = new System.Text.Json.Nodes.JsonObject { ["bytes"] = digest.Bytes, ["xxh3"] = digest.Xxh3 });
        });
        GpuCtrException e = Assert.Throws<GpuCtrException>(() => CtrModel.Load(checkpoint, small));
        Assert.Equal(ErrorKind.Data, e.Kind);
        Assert.Contains(said, e.Message);
        Assert.DoesNotContain('\n', e.Message);
    }
}
