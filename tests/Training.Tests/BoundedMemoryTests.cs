using System.Globalization;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Engine;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Training.Tests;

/// <summary>--memory holds for the whole process, whatever the size of the data.</summary>
/// <remarks>Alone, since other tests measure what this process allocates.</remarks>
[Collection(nameof(Alone))]
public sealed class BoundedMemoryTests : OwnFolder
{
    private const int Rows = 120_000, Columns = 250, GroupRows = 10_000;

    private static readonly string[] model = ["--model", "lr", "--device", "cpu", "--threads", "2", "--batch-size", "1024", "--fit-cache", "off"];

    [SkippableFact]
    public void A_process_stays_within_it_and_so_do_evaluation_and_prediction()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "/proc/PID/status has the largest resident set");
        string shard = Wide(), run = Folder.File("run");
        string[] train = ["train", shard, "--out", run, "--epochs", "2", .. model];
        string least = LeastMemory(train);
        long limit = KilobytesOf(least);
        Assert.InRange(limit, 100_000, 4L * Rows * Columns / 1024 * 2);
        Assert.InRange(Peak([.. train, "--memory", least], "streamed"), 50_000, limit);
        foreach (string verb in new[] { "evaluate", "predict" })
        {
            string[] args = [verb, "--model", run, shard, "--device", "cpu", .. verb == "predict" ? ["--out", Folder.File("scores.parquet")] : Array.Empty<string>()];
            string enough = LeastMemory(args);
            Assert.InRange(Peak([.. args, "--memory", enough], ""), 50_000, KilobytesOf(enough));
        }
    }

    [Fact]
    public void A_model_that_does_not_fit_is_refused_with_what_takes_how_much()
    {
        string shard = PlantedShards.Write(Folder.File("x.parquet"), 1000, 1), run = Folder.File("none");
        Run(["train", shard, "--out", run, "--memory", "300MB", "--device", "cpu", "--hash-buckets", "user=3000000"])
            .FailedWith(ExitCode.Usage, "--memory 307200KB is too little", "the runtime takes", "the model 6", "the least is --memory");
        Assert.False(Directory.Exists(run));
    }

    [Fact]
    public void Values_that_cannot_all_be_counted_are_refused_with_their_column()
    {
        string shard = new TestShard().Column("label", new int[50_000]).Column("few", new int[50_000]).Column("endless", [.. Enumerable.Range(0, 50_000)])
            .Write(Folder.File("endless.parquet"), groupRows: 5_000);
        ShardSet shards = ShardSet.Resolve([shard]);
        FeatureEncoder Fit(FeatureOptions options) => FeatureEncoder.Fit(shards, FeaturePlan.Infer(shards, options));
        FeatureOptions bounded = new() { MemoryBytes = 1_000_000 };
        GpuCtrException failure = Assert.Throws<GpuCtrException>(() => Fit(bounded));
        Assert.Equal(ErrorKind.Data, failure.Kind);
        Assert.Contains("column 'endless' has at least", failure.Message);
        Assert.Contains("--hash-buckets endless=N", failure.Message);
        Assert.Equal(100, Fit(bounded with { HashBuckets = ["endless=100"] }).Vocabularies[1].Computed.Count);
        Assert.Equal(50_000, Fit(bounded with { MemoryBytes = 10_000_000 }).Vocabularies[1].Distinct);
    }

    /// <summary>Encoded, these rows take about 120 MB.</summary>
    private string Wide()
    {
        Random random = new(1);
        TestShard shard = new TestShard().Column("label", [.. Enumerable.Range(0, Rows).Select(_ => random.Next(2))]);
        for (int c = 0; c < Columns; c++)
            shard.Column($"x{c}", [.. Enumerable.Range(0, Rows).Select(i => (float)((i * 31 + c * 7) % 1009))]);
        return shard.Write(Folder.File("wide.parquet"), GroupRows);
    }

    private static long KilobytesOf(string size) => long.Parse(size[..^2], CultureInfo.InvariantCulture);

    /// <summary>The largest resident set of a process, in kB.</summary>
    private static long Peak(string[] args, string said)
    {
        using ChildProcess process = TrainProcess.Start(args);
        long peak = 0;
        string status = $"/proc/{process.Id}/status";
        while (!process.Ended(5))
            peak = Math.Max(peak, PeakNow(status));
        Assert.Contains(said, process.End().Succeeded().Error);
        return peak;
    }

    private static long PeakNow(string status)
    {
        try
        {
            string? line = File.ReadLines(status).FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line["VmHWM:".Length..^"kB".Length].Trim(), CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0; // it has ended
        }
    }
}
