using System.Text.Json;
using System.Text.Json.Nodes;
using GpuCtr.Engine;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Training.Tests.Targets;

/// <summary>A row of weight n is n rows: in the loss, in its gradient, in every metric.</summary>
public sealed class WeightTests : OwnFolder
{
    private const int Rows = 60;

    private static readonly string[] quick = ["--embedding-dim", "4", "--hidden-units", "8", "--device", "cpu", "--fit-cache", "off", "--json"];

    private static readonly int[] weights = [.. Enumerable.Range(0, Rows).Select(i => i * 5 % 4)];

    /// <summary>A shop whose rows have weights, or occur as often as these say. Values are their own table rows, since counts order vocabularies.</summary>
    private string Shop(string name, bool repeated, Func<int, double>? weight = null, int times = 1)
    {
        int[] rows = repeated ? [.. Enumerable.Range(0, Rows).SelectMany(i => Enumerable.Repeat(i, weights[i]))] : [.. Enumerable.Range(0, Rows * times).Select(i => i % Rows)];
        long?[][] histories = [.. rows.Select(i => Enumerable.Range(0, i % 5).Select(t => (long?)((i + 3 * t) % 9)).ToArray())];
        TestShard shard = new TestShard().Column("label", [.. rows.Select(i => i % 7 < 3 - i % 2 ? 1 : 0)])
            .Column("item", [.. rows.Select(i => (long)(i % 9))]).Column("user", [.. rows.Select(i => (long)(i % 6))]).Column("price", [.. rows.Select(i => i % 10 / 10f)])
            .Lists<long>("hist_item", histories).Lists<long>("neg_hist_item", [.. histories.Select(h => h.Select(i => (i + 1) % 9).ToArray())]);
        return (repeated ? shard : shard.Column("w", [.. rows.Select(i => weight?.Invoke(i) ?? weights[i])])).Write(Folder.File(name), groupRows: 70);
    }

    private JsonObject[] Epochs(string run) => [.. File.ReadAllLines(Path.Combine(Folder.File(run), "metrics.jsonl")).Select(l => JsonNode.Parse(l)!.AsObject())];

    private static JsonElement Json(CommandOutcome o) => JsonDocument.Parse(o.Succeeded().Out).RootElement;

    private CommandOutcome Train(string shard, string run, params string[] flags) => Run(["train", shard, "--out", Folder.File(run), .. quick, .. flags]);

    [Theory]
    [InlineData("lr")]
    [InlineData("deepfm")]
    [InlineData("dcn-v2")]
    [InlineData("din", "--attention-activation", "sigmoid", "--activation", "relu")]
    [InlineData("dien", "--attention-activation", "sigmoid", "--activation", "relu")]
    [InlineData("dien", "--attention-activation", "sigmoid", "--activation", "relu", "--auxiliary-average", "pairs")]
    [InlineData("dien", "--attention-activation", "sigmoid", "--activation", "relu", "--kernels", "portable")]
    public void An_integer_weight_is_a_number_of_equal_rows(string model, params string[] flags)
    {
        string weighted = Shop("weighted.parquet", repeated: false), repeated = Shop("repeated.parquet", repeated: true);
        string[] options = ["--model", model, "--batch-size", "256", "--epochs", "4", "--lr", "0.02", "--patience", "0", "--valid-fraction", "0", "--identity", "item=9,user=6", "--numeric-transform", "none", "--group-id", "user", "--categorical", "user,item", .. flags];
        Train(weighted, "weighted", [.. options, "--weight", "w", "--valid", weighted]).Succeeded();
        Train(repeated, "repeated", [.. options, "--valid", repeated]).Succeeded();
        foreach ((JsonObject one, JsonObject other) in Epochs("weighted").Zip(Epochs("repeated")))
        {
            foreach (string metric in new[] { "train_logloss", "train_auxiliary_loss", "valid_logloss", "valid_auc", "valid_gauc" })
                Assert.Equal((double?)other[metric], (double?)one[metric], (a, b) => a == b || Math.Abs(a!.Value - b!.Value) < 2e-5);
        }

        JsonElement told = Json(Run("evaluate", "--model", Folder.File("weighted"), weighted, "--json")), counted = Json(Run("evaluate", "--model", Folder.File("weighted"), WithWeightOne(), "--json"));
        Assert.Equal(counted.GetProperty("auc").GetDouble(), told.GetProperty("auc").GetDouble(), 1e-12);
        Assert.Equal(counted.GetProperty("gauc").GetDouble(), told.GetProperty("gauc").GetDouble(), 1e-12);
        Assert.Equal(counted.GetProperty("logloss").GetDouble(), told.GetProperty("logloss").GetDouble(), 1e-12);
        Assert.Equal(counted.GetProperty("calibration").GetDouble(), told.GetProperty("calibration").GetDouble(), 1e-12);
        Assert.Equal(weights.Count(w => w > 0), told.GetProperty("rows").GetInt32());
    }

    [Theory]
    [InlineData("lr")]
    [InlineData("dcn-v2")]
    public void An_integer_weight_is_a_number_of_equal_rows_with_vectors_too(string model)
    {
        string Vectors(string name, bool repeated)
        {
            int[] rows = repeated ? [.. Enumerable.Range(0, Rows).SelectMany(i => Enumerable.Repeat(i, weights[i]))] : [.. Enumerable.Range(0, Rows)];
            TestShard shard = new TestShard().Column("label", [.. rows.Select(i => i % 7 < 3 - i % 2 ? 1 : 0)]).Column("item", [.. rows.Select(i => (long)(i % 9))])
                .Lists<float>("pv", [.. rows.Select(i => new float?[] { i % 7 - 3, i % 5 / 5f, 1 })]);
            return (repeated ? shard : shard.Column("w", [.. rows.Select(i => weights[i])])).Write(Folder.File(name), groupRows: 70);
        }

        string weighted = Vectors("weighted.parquet", repeated: false), repeated = Vectors("repeated.parquet", repeated: true);
        string[] options = ["--model", model, "--vector", "pv", "--batch-size", "256", "--epochs", "4", "--lr", "0.05", "--patience", "0", "--identity", "item=9", "--categorical", "item", "--numeric-transform", "none"];
        Train(weighted, "weighted", [.. options, "--weight", "w", "--valid", weighted]).Succeeded();
        Train(repeated, "repeated", [.. options, "--valid", repeated]).Succeeded();
        foreach ((JsonObject one, JsonObject other) in Epochs("weighted").Zip(Epochs("repeated")))
            foreach (string metric in new[] { "train_logloss", "valid_logloss", "valid_auc" })
                Assert.Equal((double?)other[metric], (double?)one[metric], (a, b) => Math.Abs(a!.Value - b!.Value) < 2e-5);
        Train(weighted, "unweighted", [.. options, "--exclude", "w", "--valid", repeated]).Succeeded();
        Assert.True(Math.Abs((double)Epochs("unweighted")[^1]["valid_logloss"]! - (double)Epochs("repeated")[^1]["valid_logloss"]!) > 1e-3);
    }

    [Fact]
    public void A_search_compares_and_trains_by_weight()
    {
        string shop = Shop("shop.parquet", repeated: false, times: 10), space = Folder.File("space.json");
        File.WriteAllText(space, """{"lr": [0.01, 0.03]}""");
        string[] options = ["--model", "dcn", "--batch-size", "64", "--epochs", "2", "--embedding-dim", "4", "--hidden-units", "8", "--device", "cpu", "--fit-cache", "off", "--threads", "1"];
        JsonNode TrialOf(string name, params string[] flags)
        {
            Run(["tune", shop, "--out", Folder.File(name), "--space", space, "--trials", "2", "--finalists", "1", "--seeds", "1", .. options, .. flags]).Succeeded();
            return File.ReadAllLines(Path.Combine(Folder.File(name), "trials.jsonl")).Select(l => JsonNode.Parse(l)!).First(l => (int)l["trial"]! == 0 && (int)l["epochs"]! == 2);
        }

        JsonNode weighted = TrialOf("searched", "--weight", "w"), plain = TrialOf("plain", "--exclude", "w");
        JsonElement trained = Json(Run(["train", shop, "--out", Folder.File("trained"), "--patience", "0", "--json", "--weight", "w", .. options]));
        Assert.Equal(trained.GetProperty("valid_auc").GetDouble(), (double)weighted["value"]!);
        Assert.NotEqual((double)plain["value"]!, (double)weighted["value"]!);
        JsonNode best = JsonNode.Parse(File.ReadAllText(Path.Combine(Folder.File("searched"), "best", "config.json")))!;
        Assert.Equal("w", (string?)best["options"]!["weight"]);
    }

    /// <summary>The repeated rows, with a weight of 1 each.</summary>
    private string WithWeightOne()
    {
        int[] rows = [.. Enumerable.Range(0, Rows).SelectMany(i => Enumerable.Repeat(i, weights[i]))];
        long?[][] histories = [.. rows.Select(i => Enumerable.Range(0, i % 5).Select(t => (long?)((i + 3 * t) % 9)).ToArray())];
        return new TestShard().Column("label", [.. rows.Select(i => i % 7 < 3 - i % 2 ? 1 : 0)])
            .Column("item", [.. rows.Select(i => (long)(i % 9))]).Column("user", [.. rows.Select(i => (long)(i % 6))]).Column("price", [.. rows.Select(i => i % 10 / 10f)])
            .Lists<long>("hist_item", histories).Column("w", [.. rows.Select(_ => 1)]).Write(Folder.File("ones.parquet"));
    }

    [Fact]
    public void Weights_change_nothing_if_they_are_equal()
    {
        string ones = Shop("ones.parquet", repeated: false, _ => 0.25);
        string[] options = ["--batch-size", "16", "--model", "deepfm", "--lr", "0.02"];
        Assert.Equal(
            Json(Train(ones, "none", [.. options, "--exclude", "w"])).GetProperty("weights_hash").GetString(),
            Json(Train(ones, "equal", [.. options, "--weight", "w"])).GetProperty("weights_hash").GetString());
    }

    [Fact]
    public void Streams_threads_and_resumed_runs_have_the_same_bits()
    {
        string shard = Shop("train.parquet", repeated: false, i => 0.1 + weights[i] / 3.0, times: 20);
        string[] options = ["--weight", "w", "--batch-size", "32", "--model", "din", "--lr", "0.02", "--patience", "0"];
        string[] streamed = ["--memory", LeastMemory(["train", shard, "--out", Folder.File("none"), .. quick, .. options])];
        string expected = Json(Train(shard, "one", [.. options, .. streamed, "--epochs", "2", "--threads", "1"])).GetProperty("weights_hash").GetString()!;
        Assert.Equal(expected, Json(Train(shard, "four", [.. options, .. streamed, "--epochs", "2", "--threads", "4"])).GetProperty("weights_hash").GetString());
        Train(shard, "parts", [.. options, .. streamed, "--epochs", "1"]).Succeeded();
        Assert.Equal(expected, Json(Run("train", "--resume", "--out", Folder.File("parts"), "--epochs", "2")).GetProperty("weights_hash").GetString());
    }

    [Theory]
    [InlineData(-1, "-1")]
    [InlineData(double.NaN, "NaN")]
    [InlineData(double.PositiveInfinity, "Infinity")]
    public void A_weight_that_is_none_is_named(double bad, string text)
    {
        string shard = Shop("bad.parquet", repeated: false, i => i == 41 ? bad : 1);
        Train(shard, "run", "--weight", "w").FailedWith(ExitCode.Data, $"bad.parquet: row group 0, row 41, column 'w': {text} is not a weight", "--bad-rows");
        Assert.Contains("weight negative, missing or not finite", Train(shard, "run", "--weight", "w", "--bad-rows", "1").Succeeded().Error);
    }

    [Fact]
    public void What_cannot_have_weights_says_so()
    {
        string shard = Shop("train.parquet", repeated: false);
        Train(shard, "run", "--weight", "nothing").FailedWith(ExitCode.Usage, "--weight nothing: no such column");
        Train(shard, "run", "--weight", "hist_item").FailedWith(ExitCode.Usage, "--weight hist_item: type list<int64> is not a number");
        Train(shard, "run", "--weight", "label").FailedWith(ExitCode.Usage, "is the label");
        Train(shard, "run", "--weight", "w", "--model", "prm", "--group-id", "user").FailedWith(ExitCode.Usage, "prm ranks whole lists");
        Train(shard, "run", "--weight", "w", "--model", "sasrec").FailedWith(ExitCode.Usage, "--weight");
        Train(Shop("zeros.parquet", repeated: false, _ => 0), "run", "--weight", "w").FailedWith(ExitCode.Data, "some weights are above 0");
    }
}
