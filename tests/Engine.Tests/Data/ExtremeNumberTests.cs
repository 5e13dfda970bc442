using System.Text.Json;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using static GpuCtr.Engine.Tests.Data.NumberRuns;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Engine.Tests.Data;

/// <summary>Numbers at the ends of their range, from the fit to the score.</summary>
public sealed class ExtremeNumberTests(NumberRuns runs) : IClassFixture<NumberRuns>
{
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
        Assert.Contains("1 bad row(s) skipped", trained.Error);
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
        string bounded = $"1 value(s) of x lie 1,000,000 deviations or more from the training mean and are clamped to that, the first {NumericTransforms.Text(x)} ({shard}, row {Bad})";
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
            Run(command).FailedWith(ExitCode.Data, shard, $"row {Bad}, column 'x': its score is not a finite number: column 'x' is 3E+38", "--bad-rows");
        Assert.False(File.Exists(scores));
        CommandOutcome evaluated = Run([.. evaluate, "--bad-rows", "1", "--json"]).Succeeded();
        Assert.Equal(399, JsonDocument.Parse(evaluated.Out).RootElement.GetProperty("rows").GetInt32());
        Assert.Contains("1 bad row(s) skipped: 1 × score not finite", evaluated.Error);
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
}
