using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Engine.Tests.Data;

/// <summary>Models of a column x between 0 and 100, one for each transform.</summary>
public sealed class NumberRuns : OwnFolder
{
    /// <summary>The row of the one.</summary>
    public const int Bad = 7;

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

    /// <summary>Numbers between 0 and 100, but for one.</summary>
    public static double[] Usual(double bad = 50) => [.. Enumerable.Range(0, 400).Select(i => i == Bad ? bad : i * 37 % 100 + 0.25)];
}
