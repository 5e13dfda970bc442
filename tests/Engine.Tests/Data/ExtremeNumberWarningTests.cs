using static GpuCtr.Engine.Tests.Data.NumberRuns;

namespace GpuCtr.Engine.Tests.Data;

/// <summary>Numbers that are far from all others in training rows are warned of, with their row and what to do.</summary>
public sealed class ExtremeNumberWarningTests(NumberRuns runs) : IClassFixture<NumberRuns>
{
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

    private List<string> Warnings(string name, string transform)
    {
        string run = runs.Folder.File($"warned-{name}-{transform}");
        return [.. runs.Train(runs.Folder.File($"{name}.parquet"), run, transform, "lr", "--epochs", "1", "--overwrite").Succeeded().Error.Split('\n').Where(l => l.StartsWith("warning: ", StringComparison.Ordinal))];
    }
}
