using System.Text.Json;
using GpuCtr.Engine;
using GpuCtr.Training.Tests.Export;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Training.Tests;

/// <summary>Columns with a vector in each row: --vector.</summary>
public sealed class VectorRunTests : OwnFolder
{
    private const int W = 3;

    private static readonly string[] common = ["--epochs", "2", "--batch-size", "64", "--embedding-dim", "4", "--device", "cpu", "--lr", "0.005", "--fit-cache", "off", "--json"];

    private readonly ClickedLists lists = new(150, seed: 4);

    private float?[][] Vectors { get; }

    public VectorRunTests()
    {
        Random random = new(9);
        Vectors = [.. lists.Labels.Select(label => Enumerable.Range(0, W).Select(i => (float?)(random.NextSingle() * 10 + i + label)).ToArray())];
    }

    private string Write(string name, Func<TestShard, TestShard> more) =>
        more(new TestShard().Column("request", [.. lists.Requests]).Column("kind", [.. lists.Requests.Select(r => r % 7)]).Column("label", [.. lists.Labels])).Write(Folder.File(name), groupRows: 100);

    private string Train(string name, string shard, params string[] flags)
    {
        CommandOutcome outcome = Run(["train", shard, "--out", Folder.File(name), .. flags, .. common]).Succeeded();
        return JsonDocument.Parse(outcome.Out).RootElement.GetProperty("weights_hash").GetString()!;
    }

    /// <summary>A model that gives numbers no vectors of their own cannot tell a vector from as many columns.</summary>
    [Fact]
    public void A_vector_trains_to_the_same_bits_as_a_column_for_each_of_its_numbers()
    {
        string[] prm = ["--model", "prm", "--group-id", "request", "--attention-width", "8"];
        string one = Write("one.parquet", s => s.Lists("pv", Vectors));
        string many = Write("many.parquet", s => Enumerable.Range(0, W).Aggregate(s, (to, i) => to.Column($"pv{i}", [.. Vectors.Select(v => v[i]!.Value)])));
        string hash = Train("one", one, ["--vector", "pv", .. prm]);
        Assert.Equal(hash, Train("many", many, prm));
        Assert.NotEqual(hash, Train("raw", one, ["--vector", "pv", "--numeric-transform", "pv=none", .. prm]));
    }

    [Theory]
    [InlineData("deepfm")]
    [InlineData("lr")]
    [InlineData("pnn", "--numeric-transform", "pv=log")]
    public void A_vector_is_scored_alike_from_a_shard_a_row_json_and_an_exported_graph(string model, params string[] flags)
    {
        float?[]?[] some = [.. Vectors.Select((v, r) => r % 10 == 3 ? null : r % 10 == 4 ? [] : v)];
        string shard = Write("some.parquet", s => s.Lists("pv", some).Column("age", [.. Vectors.Select(v => v[0]!.Value)])), scores = Folder.File("scores.parquet"), onnx = Folder.File("m.onnx"), run = Folder.File("run");
        Train("run", shard, ["--model", model, "--vector", "pv", "--exclude", "request", .. flags]);
        Run("predict", shard, "--model", run, "--out", scores, "--device", "cpu").Succeeded();
        Run("export", "--model", run, "--out", onnx).Succeeded();
        using CtrModel served = CtrModel.Load(run, new ScoringOptions { Concurrency = 1 });
        Assert.Contains(served.Columns, c => c is { Name: "pv", Use: ColumnUse.Vector, Values: ColumnValues.Numbers });
        float[] expected = [.. StoredNumbers.Of(scores, "score").Take(40).Select(x => (float)x)];
        FeatureRow[] rows = [.. Enumerable.Range(0, expected.Length).Select(r => served.NewRow().Set("kind", lists.Requests[r] % 7).Set("age", Vectors[r][0]!.Value).Set("pv", some[r]?.Select(x => x!.Value).ToArray()))];
        foreach ((int r, FeatureRow row) in rows.Index())
            Assert.Equal(r % 10 is 3 or 4 ? [0, 0, 0, 1] : [0], row.Numbers[(r % 10 is 3 or 4 ? 1 : ^1)..].ToArray());
        float[] exported = new OnnxFeed(rows[0].Encoder.Spec, rows, padded: false, new Random(1)).Scores(onnx);
        for (int r = 0; r < rows.Length; r++)
        {
            string json = JsonSerializer.Serialize(new { kind = lists.Requests[r] % 7, age = (double)Vectors[r][0]!, pv = some[r]?.Select(x => (double)x!), label = 1 });
            Assert.Equal(expected[r], served.Score(rows[r]), 1e-6);
            Assert.Equal(served.Score(rows[r]), served.Score(served.NewRow().SetJson(JsonDocument.Parse(json).RootElement)));
            Assert.Equal(expected[r], exported[r], 1e-5);
        }

        Assert.Contains("2 numbers", Assert.Throws<ArgumentException>(() => rows[0].Set("pv", [1f, 2f])).Message, StringComparison.Ordinal);
        Assert.Contains("not a finite number", Assert.Throws<ArgumentException>(() => rows[0].Set("pv", [1f, float.NaN, 2f])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Explain_tells_what_a_vector_adds()
    {
        string shard = Write("shard.parquet", s => s.Lists("pv", Vectors).Column("age", [.. Vectors.Select(v => v[0]!.Value)]).Lists("tags", [.. lists.Labels.Select(l => (long?[])[l, 7])]));
        Train("run", shard, "--model", "wide-deep", "--hidden-units", "8", "--vector", "pv", "--exclude", "request");
        JsonElement told = JsonDocument.Parse(Run("explain", shard, "--model", Folder.File("run"), "--row", "5", "--json").Succeeded().Out).RootElement;
        Dictionary<string, double> first = told.GetProperty("fields").EnumerateArray().ToDictionary(f => f.GetProperty("field").GetString()!, f => f.GetProperty("first_order").GetDouble());
        Assert.Equal(["kind", "age", "pv", "tags"], first.Keys);
        // What the parts leave over is the network; without hidden layers there is none.
        Train("lr", shard, "--model", "lr", "--vector", "pv", "--exclude", "request");
        JsonElement linear = JsonDocument.Parse(Run("explain", shard, "--model", Folder.File("lr"), "--row", "5", "--json").Succeeded().Out).RootElement;
        double sum = linear.GetProperty("bias").GetDouble() + linear.GetProperty("fields").EnumerateArray().Sum(f => f.GetProperty("first_order").GetDouble());
        Assert.Equal(linear.GetProperty("logit").GetDouble(), sum, 1e-5);
        Assert.All(linear.GetProperty("fields").EnumerateArray(), f => Assert.Equal(f.GetProperty("first_order").GetDouble(), f.GetProperty("effect").GetDouble(), 1e-5));
    }

    [Fact]
    public void A_bad_vector_is_an_error_with_its_row_or_left_out()
    {
        foreach ((float?[] bad, string what) in new (float?[], string)[]
        {
            ([1, 2], "2 numbers, vectors of this column have 3"), ([1, null, 3], "number 1 is null"), ([1, 2, float.NaN], "number 2 is NaN, not a finite number"), ([float.PositiveInfinity, 2, 3], "number 0 is Infinity"),
        })
        {
            string shard = Write("bad.parquet", s => s.Lists("pv", [.. Vectors.Select((v, r) => r == 107 ? bad : v)]));
            string[] args = ["train", shard, "--vector", "pv", "--exclude", "request", "--model", "lr", "--out", Folder.File("bad"), "--overwrite", .. common];
            Run(args).FailedWith(ExitCode.Data, "row group 1, row 107, column 'pv'", what, "--bad-rows");
            Assert.Contains("1 × no vector in pv", Run([.. args, "--bad-rows", "1"]).Succeeded().Error, StringComparison.Ordinal);
        }

        // The first vector of a row group decides nothing: the first of the file does.
        string longer = Write("longer.parquet", s => s.Lists("pv", [.. Vectors.Select((v, r) => r < 100 ? v : [.. v, 1f])]));
        Run(["train", longer, "--vector", "pv", "--out", Folder.File("bad"), "--overwrite", .. common]).FailedWith(ExitCode.Data, "row group 1, row 100, column 'pv'", "4 numbers, vectors of this column have 3");
        Run(["train", Write("none.parquet", s => s.Lists("pv", [.. Vectors.Select(_ => (float?[]?)null)])), "--vector", "pv", "--out", Folder.File("bad"), "--overwrite", .. common]).FailedWith(ExitCode.Data, "'pv' has no vector in any training row");
    }

    [Fact]
    public void What_cannot_be_a_vector_is_refused_by_name()
    {
        string shard = Write("shard.parquet", s => s.Lists("pv", Vectors).TextLists("words", [.. Vectors.Select(_ => (string[])["a"])]));
        void Refused(string[] flags, params string[] said) => Run(["train", shard, "--out", Folder.File("no"), .. flags, .. common]).FailedWith(ExitCode.Usage, said);
        Refused(["--vector", "kind"], "--vector kind: type int64 is not a list of numbers");
        Refused(["--vector", "words"], "--vector words: type list<string> is not a list of numbers");
        Refused(["--vector", "px"], "--vector px: no such column");
        Refused(["--vector", "pv", "--numeric-transform", "quantile"], "--vector pv: its numbers have no buckets");
        Refused(["--vector", "pv", "--multi-value", "pv"], "pv is in both --vector and --multi-value");
        Refused(["--vector", "pv", "--model", "poly2"], "poly2 has a weight for every pair of values");
    }
}
