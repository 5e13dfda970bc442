using System.Text.Json;
using GpuCtr.Data;
using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Data.Splits;
using GpuCtr.Engine;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models;
using GpuCtr.Training.Checkpoints;
using GpuCtr.Training.Explanations;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Training.Tests.Explanations;

/// <summary>Permutation importance, above all against shards that were permuted before they were written.</summary>
public sealed class ImportanceTests(ImportanceTests.Trained trained) : OwnFolder, IClassFixture<ImportanceTests.Trained>
{
    private static readonly string[] small = ["--embedding-dim", "4", "--hidden-units", "8", "--batch-size", "64", "--device", "cpu", "--lr", "0.02", "--epochs", "2", "--fit-cache", "off"];

    /// <summary>A run that all tests share.</summary>
    public sealed class Trained : OwnFolder
    {
        public Trained()
        {
            string train = new ImportanceRows(1500, seed: 1).Write(Folder.File("train.parquet"));
            Test = Rows.Write(Folder.File("test.parquet"));
            Run(["train", train, "--weight", "weight", "--model", "din", "--attention-units", "4", "--out", Model, .. small]).Succeeded();
        }

        internal ImportanceRows Rows { get; } = new(700, seed: 2);

        public string Test { get; }

        public string Model => Folder.File("run");
    }

    [Theory]
    [InlineData("site", "site")]
    [InlineData("age", "age")]
    [InlineData("created", "created")]
    [InlineData("hist_item, hist_brand", "hist_item", "hist_brand")]
    public void A_column_loses_what_evaluate_loses_on_shards_in_which_it_was_permuted(string column, params string[] stored)
    {
        string[] groups = [.. Importance().GetProperty("columns").EnumerateArray().Select(c => c.GetProperty("column").GetString()!).Order(StringComparer.Ordinal)];
        Assert.Equal(["age", "brand", "created", "hist_item, hist_brand", "item", "site", "user"], groups);
        JsonElement whole = Evaluate(trained.Test), told = Importance("--repeats", "2", "--seed", "5");
        (double Auc, double Logloss)[] permuted = [.. Enumerable.Range(0, 2).Select(repeat =>
        {
            JsonElement e = Evaluate(trained.Rows.Write(Folder.File($"{repeat}.parquet"), stored, PermutationImportance.Permutation(trained.Rows.Count, 5, repeat)));
            return (whole.GetProperty("auc").GetDouble() - e.GetProperty("auc").GetDouble(), e.GetProperty("logloss").GetDouble() - whole.GetProperty("logloss").GetDouble());
        })];
        Assert.Equal(whole.GetProperty("auc").GetDouble(), told.GetProperty("metrics").GetProperty("auc").GetDouble(), 1e-12);
        (double mean, double error) = LossOf(told, column, "auc");
        Assert.Equal((permuted[0].Auc + permuted[1].Auc) / 2, mean, 1e-9);
        Assert.Equal(Math.Abs(permuted[0].Auc - permuted[1].Auc) / 2, error, 1e-9);
        Assert.Equal((permuted[0].Logloss + permuted[1].Logloss) / 2, LossOf(told, column, "logloss").Mean, 1e-9);
    }

    [Fact]
    public void Planted_columns_are_found_in_planted_order()
    {
        string Shard(string name, int rows, int seed)
        {
            Random random = new(seed);
            long[][] ids = [.. Enumerable.Range(0, 4).Select(_ => Enumerable.Range(0, rows).Select(_ => (long)random.Next(6)).ToArray())];
            double[] weights = [0, 2, 1, 0.5];
            int[] label = [.. Enumerable.Range(0, rows).Select(i => random.NextDouble() < 1 / (1 + Math.Exp(-weights.Select((w, c) => w * (ids[c][i] % 2 * 2 - 1)).Sum())) ? 1 : 0)];
            return new TestShard().Column("label", label).Column("none", ids[0]).Column("strong", ids[1]).Column("middle", ids[2]).Column("weak", ids[3]).Write(Folder.File(name));
        }

        string test = Shard("test.parquet", 2000, 2);
        Run(["train", Shard("train.parquet", 3000, 1), "--categorical", "none,strong,middle,weak", "--model", "fm", "--out", Folder.File("run"), .. small]).Succeeded();
        JsonElement told = JsonDocument.Parse(Run("importance", "--model", Folder.File("run"), test, "--device", "cpu", "--json").Succeeded().Out).RootElement;
        Assert.Equal(["strong", "middle", "weak", "none"], told.GetProperty("columns").EnumerateArray().Select(c => c.GetProperty("column").GetString()));
        Assert.InRange(LossOf(told, "none", "auc").Mean, -0.005, 0.005);
        Assert.True(LossOf(told, "weak", "auc") is var (mean, error) && mean > 4 * error);
    }

    [Fact]
    public void A_column_that_the_model_does_not_look_at_loses_exactly_nothing()
    {
        using Device device = Device.Open("cpu");
        Checkpoint checkpoint = Checkpoint.Open(RunFolder.Resolve(trained.Model));
        FeatureEncoder encoder = checkpoint.LoadEncoder();
        using TrainableModel model = new(device, encoder.Spec, checkpoint.Manifest.Model, 64);
        checkpoint.LoadWeights(model);
        int site = Enumerable.Range(0, encoder.Spec.F).Single(f => encoder.Spec.Categorical[f].Name == "site"), vocabulary = encoder.Spec.Categorical[site].Vocabulary;
        foreach (Tensor table in model.Weights.Where(w => w.Rows == encoder.Spec.TotalRows))
            table.Write(device, new float[encoder.Spec.Vocabularies[vocabulary].Rows * table.Columns], (long)encoder.Spec.Offsets()[vocabulary] * table.Columns);
        using Dataset data = new(ShardSet.Resolve([trained.Test]), encoder);
        Importance importance = new PermutationImportance(model, new ImportanceOptions { Repeats = 2 }).Run(new RowSource(data, RowPart.All));
        Assert.All(importance.Columns, c => Assert.Equal(c.Column == "site", c.Loses.Auc == new Loss(0, 0)));
        Assert.Equal(new Loss(0, 0), importance.Columns.Single(c => c.Column == "site").Loses.Logloss);
    }

    [Theory]
    [InlineData("--threads", "1")]
    [InlineData("--threads", "3")]
    [InlineData("--memory", "400MB")]
    public void It_does_not_depend_on(string flag, string value) => Assert.Equal(Importance().GetRawText(), Importance(flag, value).GetRawText());

    [Fact]
    public void Another_seed_permutes_otherwise_and_few_rows_are_a_sample_that_says_so()
    {
        Assert.NotEqual(LossOf(Importance(), "user", "auc"), LossOf(Importance("--seed", "2"), "user", "auc"));
        JsonElement sampled = Importance("--rows", "200");
        Assert.InRange(sampled.GetProperty("rows").GetInt32(), 140, 260);
        Assert.Equal(700, sampled.GetProperty("of_rows").GetInt64());
        string table = Run("importance", "--model", trained.Model, trained.Test, "--rows", "200", "--top", "2", "--device", "cpu").Succeeded().Out;
        Assert.Contains("of 700 rows, 5 permutations of each column", table, StringComparison.Ordinal);
        Assert.Equal(4, table.Trim().Split('\n').Length);
    }

    [Fact]
    public void Columns_can_be_permuted_as_one()
    {
        JsonElement told = Importance("--together", "brand,hist_brand", "--repeats", "1");
        JsonElement permuted = Evaluate(trained.Rows.Write(Folder.File("permuted.parquet"), ["brand", "hist_item", "hist_brand"], PermutationImportance.Permutation(trained.Rows.Count, 1, 0)));
        Assert.Equal(told.GetProperty("metrics").GetProperty("auc").GetDouble() - permuted.GetProperty("auc").GetDouble(), LossOf(told, "brand + hist_item, hist_brand", "auc").Mean, 1e-9);
        Assert.DoesNotContain(told.GetProperty("columns").EnumerateArray(), c => c.GetProperty("column").GetString() == "brand");
        Run("importance", "--model", trained.Model, trained.Test, "--together", "brand,sit", "--device", "cpu").FailedWith(ExitCode.Usage, "--together sit: the model reads no such column", "did you mean", "site");
    }

    [Fact]
    public void The_report_of_a_run_has_it_if_asked_for_and_one_that_is_done_gets_it_by_resume()
    {
        string train = trained.Rows.Write(Folder.File("train.parquet")), run = Folder.File("reported"), page = Path.Combine(run, "report.html");
        string[] command = ["train", train, "--model", "deepfm", "--exclude", "weight", "--out", run, .. small];
        Run(command).Succeeded();
        Assert.DoesNotContain("What the model relies on", File.ReadAllText(page), StringComparison.Ordinal);
        CommandOutcome resumed = Run("train", "--resume", "--out", run, "--importance").Succeeded();
        Assert.Contains("importance on the valid rows", resumed.Error, StringComparison.Ordinal);
        Assert.Matches("What the model relies on.*<td>user</td>", File.ReadAllText(page));
        Run([.. command, "--overwrite", "--importance", "--valid-fraction", "0"]).FailedWith(ExitCode.Usage, "--importance needs rows that were not trained on");
    }

    [Fact]
    public void Lists_exchange_what_all_their_rows_have_in_common()
    {
        int[] lengths = [.. Enumerable.Range(0, 60).Select(i => 2 + i % 4)];
        long[] request = [.. lengths.SelectMany((n, i) => Enumerable.Repeat((long)i, n))], user = [.. request.Select(r => r * r % 7)];
        float[] price = [.. request.Select((_, i) => i * 37 % 11 / 11f)];
        string shard = new TestShard().Column("request", request).Column("user", user).Column("price", price).Column("label", [.. price.Select((p, i) => p > 0.6 == i % 9 > 0 ? 1 : 0)]).Write(Folder.File("lists.parquet"), groupRows: 20);
        string run = Folder.File("lists");
        Run("train", shard, "--model", "prm", "--group-id", "request", "--categorical", "user", "--attention-width", "8", "--embedding-dim", "4", "--batch-size", "64", "--lr", "0.01", "--epochs", "8", "--device", "cpu", "--out", run, "--fit-cache", "off").Succeeded();
        JsonElement told = JsonDocument.Parse(Run("importance", "--model", run, shard, "--device", "cpu", "--json").Succeeded().Out).RootElement;
        Assert.Equal("ndcg", told.GetProperty("sorted_by").GetString());
        Assert.Equal("price", told.GetProperty("columns")[0].GetProperty("column").GetString());

        using Device device = Device.Open("cpu");
        Checkpoint checkpoint = Checkpoint.Open(RunFolder.Resolve(run));
        FeatureEncoder encoder = checkpoint.LoadEncoder();
        using TrainableModel model = new(device, encoder.Spec, checkpoint.Manifest.Model, 64);
        using Dataset data = new(ShardSet.Resolve([shard]), encoder, new DatasetOptions { ListRows = 64 });
        using Models.Features.Batch batch = new(device, model.Spec, 64);
        HeldRows held = HeldRows.Read(data, RowPart.All, batch, 1, 1, default);
        ColumnGroup[] groups = [.. ColumnGroup.BySource(encoder.Spec, encoder.State)];
        Assert.Equal([("user", true), ("price", false)], groups.Select(g => (g.Name, PermutationImportance.IsOfLists(held, g))));
        int[] from = PermutationImportance.OfLists(held, 1, 0);
        Assert.All(Enumerable.Range(1, request.Length - 1).Where(i => request[i] == request[i - 1]), i => Assert.Equal(from[i - 1], from[i]));
        Assert.Equal(60, request.Zip(from).Distinct().Count());
        Assert.Equal(60, from.Distinct().Count());
        held = HeldRows.Read(data, RowPart.All, batch, 0.5, 1, default);
        Assert.InRange(held.ListStarts.Count, 15, 45);
        Assert.All(Enumerable.Range(0, held.ListStarts.Count), list => Assert.Single(held.ListKeys[held.ListStarts[list]..held.ListEnd(list)].ToArray().Distinct()));
    }

    [Fact]
    public void What_cannot_be_measured_is_refused()
    {
        string sequences = new TestShard().Lists<long>("items", [.. Enumerable.Range(0, 40).Select(i => new long?[] { i % 5, 1 + i % 3, 2, 4 })]).Write(Folder.File("sequences.parquet"));
        Run("train", sequences, "--model", "sasrec", "--out", Folder.File("sasrec"), "--embedding-dim", "4", "--device", "cpu", "--epochs", "1", "--fit-cache", "off").Succeeded();
        Run("importance", "--model", Folder.File("sasrec"), sequences).FailedWith(ExitCode.Usage, "sasrec predicts items");
        Run("train", sequences, "--model", "sasrec", "--out", Folder.File("none"), "--importance").FailedWith(ExitCode.Usage, "--importance has no meaning for sasrec");
        Run("importance", "--model", trained.Model, new ImportanceRows(1, 3).Write(Folder.File("one.parquet")), "--device", "cpu").FailedWith(ExitCode.Usage, "1 row", "nothing to permute");
        Run("importance", trained.Test).FailedWith(ExitCode.Usage, "importance needs --model");
    }

    private JsonElement Importance(params string[] flags) =>
        JsonDocument.Parse(Run(["importance", "--model", trained.Model, trained.Test, "--device", "cpu", "--json", .. flags]).Succeeded().Out).RootElement;

    private JsonElement Evaluate(string shard) => JsonDocument.Parse(Run("evaluate", "--model", trained.Model, shard, "--device", "cpu", "--json").Succeeded().Out).RootElement;

    private static (double Mean, double Error) LossOf(JsonElement told, string column, string metric)
    {
        JsonElement loss = told.GetProperty("columns").EnumerateArray().Single(c => c.GetProperty("column").GetString() == column).GetProperty("loses").GetProperty(metric);
        return (loss.GetProperty("mean").GetDouble(), loss.GetProperty("error").ValueKind == JsonValueKind.Null ? 0 : loss.GetProperty("error").GetDouble());
    }
}
