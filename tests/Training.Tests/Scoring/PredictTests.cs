using System.Text.Json;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Engine;
using GpuCtr.Training.Metrics;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Training.Tests.Scoring;

public sealed class PredictTests(ServedModels models) : IClassFixture<ServedModels>
{
    [Theory]
    [InlineData("deepfm")]
    [InlineData("din")]
    [InlineData("bst")]
    public void Scores_have_the_auc_that_evaluate_measures(string model)
    {
        string path = Predict(model, $"{model}-auc");
        float[] scores = [.. ServedModels.Scores(path).Select(s => s!.Value)], labels = [.. models.Rows.Labels.Select(l => (float)l)];
        CommandOutcome evaluated = Run("evaluate", "--model", models.RunOf(model), models.Shard, "--device", "cpu", "--json").Succeeded();
        double auc = JsonDocument.Parse(evaluated.Out).RootElement.GetProperty("auc").GetDouble();
        Assert.Equal(auc, Auc.Of(scores, labels)!.Value, 1e-5);
        Assert.InRange(auc, 0.6, 1);
    }

    [Fact]
    public void Kept_columns_stand_beside_the_scores_in_input_order_with_their_nulls_and_types()
    {
        string path = Predict("deepfm", "keep", "--keep", "user,site", "label");
        List<long> users = [], labels = [];
        List<string?> sites = [];
        ServedModels.Read(path, "user", (b, i) => users.Add(b.Integers[i]));
        ServedModels.Read(path, "label", (b, i) => labels.Add(b.Integers[i]));
        ServedModels.Read(path, "site", (b, i) => sites.Add(b.IsNull(i) ? null : b.Texts[i].ToString()));
        Assert.Equal(models.Rows.Users, users);
        Assert.Equal(models.Rows.Labels, labels.Select(l => (int)l));
        Assert.Equal(models.Rows.Sites, sites);
        Assert.Equal(["user:int64", "site:string", "label:int32", "score:float"], Shard.Open(path, 0).Columns.Select(c => $"{c.Name}:{c.TypeName}"));
        Assert.Equal([300, 300, 300, 100], Shard.Open(path, 0).RowGroups.Select(g => g.Rows));
    }

    [Theory]
    [InlineData("--memory", "least")]
    [InlineData("--threads", "1")]
    [InlineData("--batch-size", "7")]
    [InlineData("--kernels", "portable")]
    public void Scores_do_not_depend_on(string flag, string value)
    {
        if (value == "least")
            value = LeastMemory(["predict", "--model", models.RunOf("din"), models.Shard, "--device", "cpu", "--out", models.Folder.File("none.parquet")]);
        float?[] expected = ServedModels.Scores(Predict("din", $"as-ever{flag}")), found = ServedModels.Scores(Predict("din", $"other{flag}", flag, value));
        Assert.Equal(1000, found.Length);
        float tolerance = flag == "--kernels" ? 1e-5f : 0;
        Assert.All(expected.Zip(found), p => Assert.Equal(p.First!.Value, p.Second!.Value, tolerance));
    }

    [Fact]
    public void Several_shards_are_scored_in_the_order_of_their_paths_without_a_label()
    {
        string a = new ServedRows(350, seed: 3).Write(models.Folder.File("part-a.parquet"), labelled: false), b = new ServedRows(150, seed: 4).Write(models.Folder.File("part-b.parquet"), labelled: false);
        float?[] both = ServedModels.Scores(PredictShards("deepfm", "both", [b, a]));
        Assert.Equal(ServedModels.Scores(PredictShards("deepfm", "first", [a])), both[..350]);
        Assert.Equal(ServedModels.Scores(PredictShards("deepfm", "second", [b])), both[350..]);
    }

    [Fact]
    public void A_bad_row_ends_the_run_or_within_the_budget_gets_no_score()
    {
        string train = models.Folder.File("bad-train.parquet"), shard = models.Folder.File("bad.parquet");
        Random random = new(5);
        float[] x = [.. Enumerable.Range(0, 500).Select(_ => random.NextSingle())];
        new TestShard().Column("label", [.. x.Select(v => v > 0.5f ? 1 : 0)]).Column("x", x).Column("id", [.. x.Select(v => (long)(v * 9))]).Write(train, groupRows: 100);
        Run("train", train, "--model", "lr", "--out", models.Folder.File("bad-run"), "--device", "cpu").Succeeded();
        (x[0], x[250], x[499]) = (float.NaN, float.PositiveInfinity, float.NaN);
        new TestShard().Column("x", x).Column("id", [.. x.Select(_ => 1L)]).Write(shard, groupRows: 100);
        string[] args = ["predict", "--model", models.Folder.File("bad-run"), shard, "--out", models.Folder.File("bad-scores.parquet"), "--device", "cpu"];
        Run(args).FailedWith(ExitCode.Data, "bad.parquet", "row 0", "'x'", "NaN");
        Assert.False(File.Exists(models.Folder.File("bad-scores.parquet")));
        Run([.. args, "--bad-rows", "2"]).FailedWith(ExitCode.Data, "3 bad rows");
        CommandOutcome o = Run([.. args, "--bad-rows", "1%", "--json"]).Succeeded();
        Assert.Equal(3, JsonDocument.Parse(o.Out).RootElement.GetProperty("bad_rows").GetInt32());
        float?[] scores = ServedModels.Scores(models.Folder.File("bad-scores.parquet"));
        Assert.Equal([0, 250, 499], Enumerable.Range(0, 500).Where(i => scores[i] is null));
    }

    [Fact]
    public void A_file_that_is_there_is_replaced_only_where_that_is_asked()
    {
        string path = Predict("deepfm", "twice");
        string[] args = ["predict", "--model", models.DeepFm, models.Shard, "--out", path, "--device", "cpu"];
        Run(args).FailedWith(ExitCode.Usage, "--overwrite");
        Run([.. args, "--overwrite"]).Succeeded();
        Assert.Empty(Directory.GetFiles(models.Folder.Path, "*.tmp"));
    }

    [Theory]
    [InlineData(ErrorKind.Usage, "no such column", "--keep", "nothing")]
    [InlineData(ErrorKind.Usage, "cannot be copied", "--keep", "tags")]
    [InlineData(ErrorKind.InputOutput, "not writable", "--out", "/dev/null/scores.parquet")]
    public void What_cannot_be_written_is_said(ErrorKind code, string said, string flag, string value)
    {
        string[] args = ["predict", "--model", models.DeepFm, models.Shard, "--device", "cpu", .. flag == "--out" ? Array.Empty<string>() : ["--out", models.Folder.File("never.parquet")]];
        Run([.. args, flag, value]).FailedWith(code, said);
        Assert.False(File.Exists(models.Folder.File("never.parquet")));
    }

    [Fact]
    public void A_shard_of_another_table_is_refused() => Run(
        "predict", "--model", models.DeepFm, PlantedShards.Write(models.Folder.File("planted.parquet"), 100, 1), "--out", models.Folder.File("no.parquet"), "--device", "cpu")
        .FailedWith(ExitCode.Data, "column 'category' is missing");

    private string Predict(string model, string name, params string[] more) => PredictShards(model, name, [models.Shard], more);

    private string PredictShards(string model, string name, string[] shards, params string[] more)
    {
        string path = models.Folder.File($"{name}.parquet");
        Run(["predict", "--model", models.RunOf(model), .. shards, "--out", path, "--device", "cpu", .. more]).Succeeded();
        return path;
    }
}
