using System.Text.Json;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Engine.Tests.Data;

/// <summary>Numbers at the ends of their range, from the fit to the score.</summary>
public sealed class ExtremeNumberTests(ExtremeNumberTests.Runs runs) : IClassFixture<ExtremeNumberTests.Runs>
{
    private const int Bad = 7;

    /// <summary>Models of a column x between 0 and 100, one for each transform.</summary>
    public sealed class Runs : OwnFolder
    {
        private readonly Dictionary<string, string> trained = [];

        public string Of(string transform, string model = "deepfm")
        {
            lock (trained)
            {
                if (!trained.TryGetValue($"{model}-{transform}", out string? run))
                    Train(Write($"{model}-{transform}", Usual()), run = Folder.File($"run-{model}-{transform}"), transform, model).Succeeded();
                return trained[$"{model}-{transform}"] = run;
            }
        }

        public CommandOutcome Train(string shard, string run, string transform, string model = "deepfm", params string[] more) => Run(
            ["train", shard, "--model", model, "--numeric-transform", transform, "--out", run, "--hidden-units", "8", "--embedding-dim", "4", "--batch-size", "100", "--device", "cpu", .. more]);

        public string Write(string name, double[] x, int groupRows = int.MaxValue) => new TestShard()
            .Column("label", [.. x.Select((_, i) => i * 7 % 11 > 4 ? 1 : 0)]).Column("item", [.. x.Select((_, i) => (long)(i % 11))]).Column("x", x)
            .Write(Folder.File($"{name}.parquet"), groupRows);
    }

    [Theory]
    [InlineData("standardize", double.PositiveInfinity, "∞ is not a finite number")]
    [InlineData("log", double.NegativeInfinity, "-∞ is not a finite number")]
    [InlineData("none", double.NaN, "NaN is not a finite number")]
    [InlineData("criteo", double.PositiveInfinity, "∞ is not a finite number")]
    [InlineData("quantile", double.NaN, "NaN is not a finite number")]
    [InlineData("quantile", double.NegativeInfinity, "-∞ is not a finite number")]
    [InlineData("standardize", 1e308, "1E+308 is beyond ±3.4028235E+38", "--numeric-transform x=log")]
    [InlineData("none", -1e39, "-1E+39 is beyond ±3.4028235E+38", "--numeric-transform x=log")]
    public void A_number_that_cannot_be_read_is_a_bad_row_everywhere(string transform, double x, params string[] said)
    {
        said = [.. said.Select(s => s.Replace("∞", "Infinity")), $"row {Bad}, ", "column 'x'", "--bad-rows"];
        string shard = runs.Write($"{transform}{x}", Usual(x)), run = runs.Of(transform), scores = runs.Folder.File($"{transform}{x}-scores.parquet");
        runs.Train(shard, runs.Folder.File("never"), transform).FailedWith(ExitCode.Data, [shard, .. said]);
        Run("evaluate", "--model", run, shard, "--device", "cpu").FailedWith(ExitCode.Data, [shard, .. said]);
        Run("predict", "--model", run, shard, "--out", scores, "--device", "cpu").FailedWith(ExitCode.Data, [shard, .. said]);
        CommandOutcome trained = runs.Train(shard, runs.Folder.File($"{transform}{x}-run"), transform, "deepfm", "--bad-rows", "1").Succeeded();
        Assert.Contains("1 bad row(s) left out", trained.Error);
        Run("predict", "--model", run, shard, "--out", scores, "--device", "cpu", "--bad-rows", "1").Succeeded();
        Assert.Equal([Bad], ServedModels.Scores(scores).Index().Where(s => s.Item is null).Select(s => s.Index));
        using CtrModel model = CtrModel.Load(run);
        Assert.Contains("column 'x'", Assert.Throws<ArgumentException>(() => model.NewRow().Set("x", x)).Message);
    }

    [Theory]
    [InlineData("standardize", 1e38)]
    [InlineData("standardize", -3.4028234663852886e38)]
    [InlineData("standardize", 1e12)]
    [InlineData("log", 1e308)]
    [InlineData("criteo", -1e308)]
    [InlineData("quantile", 1e308)]
    public void Any_finite_number_has_a_finite_score(string transform, double x)
    {
        string shard = runs.Write($"finite-{transform}{x}", Usual(x)), run = runs.Of(transform), scores = runs.Folder.File($"finite-{transform}{x}-scores.parquet");
        CommandOutcome evaluated = Run("evaluate", "--model", run, shard, "--device", "cpu", "--json").Succeeded();
        JsonElement metrics = JsonDocument.Parse(evaluated.Out).RootElement;
        Assert.Equal((400, true), (metrics.GetProperty("rows").GetInt32(), double.IsFinite(metrics.GetProperty("logloss").GetDouble())));
        Run("predict", "--model", run, shard, "--out", scores, "--device", "cpu").Succeeded();
        using CtrModel model = CtrModel.Load(run);
        float score = model.Score(model.NewRow().Set("item", (long)Bad).Set("x", x));
        Assert.Equal(score, ServedModels.Scores(scores)[Bad]!.Value, 1e-6f);
        Assert.InRange(score, 0, 1);
        string bounded = $"1 value(s) of x lie 1,000,000 deviations or more from the mean in training and count as so many, the first {NumericTransforms.Text(x)} ({shard}, row {Bad})";
        Assert.Equal(transform == "standardize", evaluated.Error.Contains(bounded));
        CommandOutcome explained = Run("explain", "--model", run, "--row", $"{Bad}", shard, "--json").Succeeded();
        Assert.Equal(score, JsonDocument.Parse(explained.Out).RootElement.GetProperty("score").GetSingle(), 1e-6f);
    }

    [Fact]
    public void A_score_that_is_not_finite_is_a_bad_row_and_an_exception()
    {
        string shard = runs.Write("unscored", Usual(3e38)), run = runs.Of("none"), scores = runs.Folder.File("unscored-scores.parquet");
        string[] evaluate = ["evaluate", "--model", run, shard, "--device", "cpu"], predict = ["predict", "--model", run, shard, "--out", scores, "--device", "cpu"];
        foreach (string[] command in new[] { evaluate, predict, ["explain", "--model", run, "--row", $"{Bad}", shard] })
            Run(command).FailedWith(ExitCode.Data, shard, $"row {Bad}: its score is not a finite number: column 'x' is 3E+38", "--bad-rows");
        Assert.False(File.Exists(scores));
        CommandOutcome evaluated = Run([.. evaluate, "--bad-rows", "1", "--json"]).Succeeded();
        Assert.Equal(399, JsonDocument.Parse(evaluated.Out).RootElement.GetProperty("rows").GetInt32());
        Assert.Contains("1 bad row(s) left out: 1 × score not finite", evaluated.Error);
        CommandOutcome predicted = Run([.. predict, "--bad-rows", "1", "--json"]).Succeeded();
        Assert.Equal(1, JsonDocument.Parse(predicted.Out).RootElement.GetProperty("bad_rows").GetInt32());
        Assert.Equal([Bad], ServedModels.Scores(scores).Index().Where(s => s.Item is null).Select(s => s.Index));
        using CtrModel model = CtrModel.Load(run);
        FeatureRow[] rows = [model.NewRow().Set("x", 1.0), model.NewRow().Set("x", 3e38)];
        Assert.Contains("row 1: its score is not a finite number, since 'x' is far larger", Assert.Throws<ArgumentException>(() => model.Score(rows)).Message);
        Assert.InRange(model.Score(rows[0]), 0, 1);
    }

    [Theory]
    [InlineData("lr")]
    [InlineData("fm")]
    [InlineData("ffm")]
    [InlineData("nfm")]
    [InlineData("pnn")]
    [InlineData("dcn")]
    [InlineData("dcn-v2")]
    public void The_score_of_a_row_does_not_depend_on_the_numbers_of_another(string model)
    {
        string usual = runs.Write($"beside-{model}", Usual()), extreme = runs.Write($"beside-extreme-{model}", Usual(float.MaxValue));
        foreach (string transform in new[] { "standardize", "none" })
        {
            float?[][] scores = [.. new[] { usual, extreme }.Select(shard =>
            {
                string path = shard + ".scores";
                Run("predict", "--model", runs.Of(transform, model), shard, "--out", path, "--overwrite", "--device", "cpu", "--bad-rows", transform == "none" ? "1" : "0").Succeeded();
                return ServedModels.Scores(path);
            })];
            Assert.All(Enumerable.Range(0, 400).Where(i => i != Bad), i => Assert.Equal(scores[0][i], scores[1][i]));
            Assert.True(transform == "none" || scores[1][Bad] is >= 0 and <= 1);
        }
    }

    [Theory]
    [InlineData("standardize", "x=log or x=quantile")]
    [InlineData("none", "x=standardize or x=log")]
    public void A_number_far_from_all_others_is_warned_of_by_row(string transform, string advice)
    {
        double[] x = Usual(1e38);
        // A number that stands for a missing value is just as bad if it is frequent.
        double[] sentinel = [.. Usual().Select((v, i) => i % 20 == 0 ? -999_999_999 : v)];
        string first = $"column x: 1E+38 ({runs.Write($"far-{transform}", x, groupRows: 150)}, row {Bad})", second = $"column x: -999999999 ({runs.Write($"sentinel-{transform}", sentinel)}, row 0)";
        foreach ((string name, string said) in new[] { ($"far-{transform}", first), ($"sentinel-{transform}", second) })
        {
            string warning = Assert.Single(Warnings(name, transform), w => w.Contains("column x:"));
            Assert.Contains(said, warning);
            Assert.Contains(advice, warning);
        }

        foreach (string other in new[] { "log", "criteo", "quantile" })
            Assert.DoesNotContain(Warnings($"far-{transform}", other), w => w.Contains("column x:"));
    }

    [Fact]
    public void Numbers_as_they_usually_are_are_not_warned_of()
    {
        Random random = new(1);
        (string, Func<int, double>)[] columns =
        [
            ("uniform", _ => random.NextDouble()), ("pareto", _ => Math.Pow(random.NextDouble(), -1 / 1.2)), ("rare", i => i % 100 == 0 ? i : 0), ("one", i => i == 3 ? 1 : 0),
            ("constant", _ => 1e15), ("binary", i => i % 2), ("counts", i => i % 3), ("timestamps", i => 1.7e9 + i), ("tiny", i => 1e-300 * (i % 3)), ("lognormal", _ => Math.Exp(3 * random.NextDouble() + 8)),
        ];
        foreach ((string name, Func<int, double> value) in columns)
        {
            runs.Write(name, [.. Enumerable.Range(0, 3000).Select(value)]);
            Assert.DoesNotContain(Warnings(name, "standardize"), w => w.Contains("column x:"));
        }
    }

    [Fact]
    public void A_kept_fit_warns_as_well()
    {
        string shard = runs.Write("kept-fit", Usual(1e38)), cache = runs.Folder.File("fits");
        for (int i = 0; i < 2; i++)
            Assert.Contains($"column x: 1E+38 ({shard}, row {Bad})", runs.Train(shard, runs.Folder.File($"kept-fit-{i}"), "standardize", "lr", "--fit-cache", cache).Succeeded().Error);
    }

    [Fact]
    public void No_training_row_is_ever_bounded_and_no_deviation_overflows()
    {
        // One of n values is at most √(n − 1) deviations away from the mean.
        double[] x = [.. Enumerable.Range(0, 5000).Select(i => i == 9 ? float.MaxValue : -i)];
        ShardSet shards = ShardSet.Resolve([runs.Write("samuelson", x, groupRows: 700)]);
        FeatureEncoder encoder = FeatureEncoder.Fit(shards, FeaturePlan.Infer(shards, new FeatureOptions()));
        NumericColumn state = encoder.State.Numeric[0];
        Assert.Equal(Math.Sqrt(4999), state.Encode(x[9]), 1e-3);
        Assert.All(x, v => Assert.False(state.IsBound(state.Encode(v))));
        Assert.Equal((NumericColumn.MostDeviations, -NumericColumn.MostDeviations), (state.Encode(double.MaxValue), state.Encode(double.MinValue)));
        foreach (double smallest in new[] { double.Epsilon, 1e-320, 1e-200, 1e-160 })
        {
            Moments moments = Moments.Of([0, smallest, 2 * smallest], 0, out _);
            NumericColumn tiny = new("x", NumericTransform.Standardize, moments.Mean, moments.Deviation, false);
            Assert.All(new[] { 0, smallest, 1, -0.0, float.MaxValue }, v => Assert.True(float.IsFinite(tiny.Encode(v))));
        }
    }

    [Fact]
    public void Inspect_measures_numbers_of_any_size()
    {
        string shard = runs.Write("inspected", [1.5e308, 1.7e308, 1.6e308]);
        JsonElement x = JsonDocument.Parse(Run("inspect", shard, "--json").Succeeded().Out).RootElement.GetProperty("columns").EnumerateArray().Single(c => c.GetProperty("name").GetString() == "x");
        Assert.Equal(1.6, x.GetProperty("range").GetProperty("mean").GetDouble() / 1e308, 1e-9);
    }

    private List<string> Warnings(string name, string transform)
    {
        string run = runs.Folder.File($"warned-{name}-{transform}");
        return [.. runs.Train(runs.Folder.File($"{name}.parquet"), run, transform, "lr", "--epochs", "1", "--overwrite").Succeeded().Error.Split('\n').Where(l => l.StartsWith("warning: ", StringComparison.Ordinal))];
    }

    private static double[] Usual(double bad = 50) => [.. Enumerable.Range(0, 400).Select(i => i == Bad ? bad : i * 37 % 100 + 0.25)];
}
