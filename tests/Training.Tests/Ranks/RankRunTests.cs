using System.Text.Json;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Training.Tests.Ranks;

/// <summary><c>gpu-ctr train</c> on several ranks, which are threads here: what a run leaves is what one process leaves, and reads.</summary>
public sealed class RankRunTests(RankRunTests.Shards shards) : IClassFixture<RankRunTests.Shards>
{
    private static readonly string[] small = ["--model", "deepfm", "--hidden-units", "8", "--embedding-dim", "2", "--batch-size", "128", "--lr", "0.01", "--patience", "0", "--dropout", "0.2", "--device", "cpu", "--fit-cache", "off", "--json"];

    public sealed class Shards : OwnFolder
    {
        public Shards() => Train = PlantedShards.Write(Folder.File("train.parquet"), 1_000, 1);

        public string Train { get; }
    }

    [Fact]
    public void Ranks_leave_the_run_of_one_process_which_evaluates_it_and_goes_on()
    {
        string one = shards.Folder.File("one"), three = shards.Folder.File("three");
        JsonElement alone = Json(Run(["train", shards.Train, .. small, "--out", one]));
        JsonElement together = Json(RankRunner.Train(3, ["train", shards.Train, .. small, "--out", three]));
        foreach (string metric in new[] { "auc", "logloss" })
            Assert.Equal(alone.GetProperty(metric).GetDouble(), together.GetProperty(metric).GetDouble(), 1e-5);
        Assert.EndsWith(", 3 slices)", together.GetProperty("device").GetString(), StringComparison.Ordinal);
        Assert.Equal(Files(one), Files(three));
        Assert.False(alone.TryGetProperty("exchanged", out _));
        JsonElement steps = Json(new CommandOutcome(0, File.ReadLines(Path.Combine(three, "metrics.jsonl")).First(), "")).GetProperty("exchanged");
        Assert.Equal(3, steps.GetProperty("ranks").GetInt32());
        Assert.Equal(["all_reduce", "all_to_all", "broadcast"], steps.GetProperty("collectives").EnumerateArray().Select(c => c.GetProperty("collective").GetString()!).Order());
        Assert.Contains("in collectives", File.ReadAllText(Path.Combine(three, "run.log")), StringComparison.Ordinal);
        Assert.Contains("in collectives", File.ReadAllText(Path.Combine(three, "report.html")), StringComparison.Ordinal);
        Assert.Equal(
            Json(Run("evaluate", shards.Train, "--model", one, "--device", "cpu", "--json")).GetProperty("logloss").GetDouble(),
            Json(Run("evaluate", shards.Train, "--model", three, "--device", "cpu", "--json")).GetProperty("logloss").GetDouble(), 1e-5);
        Run("train", "--resume", "--out", three, "--epochs", "2").Succeeded();
    }

    /// <summary>Optimizer state, missed steps of rows and dropout masks are those of as many ranks, wherever the run was stopped.</summary>
    [Theory]
    [InlineData("lazy")]
    [InlineData("replay")]
    public void A_run_that_is_stopped_after_every_step_ends_with_the_same_bits(string update)
    {
        string whole = shards.Folder.File($"whole {update}"), parts = shards.Folder.File($"parts {update}");
        string[] train = ["train", shards.Train, .. small, "--embedding-update", update];
        string[] expected = FaultRun.Results(RankRunner.Train(2, [.. train, "--out", whole]));
        string[] args = [.. train, "--out", parts];
        for (int stop = 0; stop < 3; stop++, args = ["train", "--resume", "--out", parts])
            Assert.Equal(ErrorKind.Interrupted, Assert.Throws<GpuCtrException>(() => RankRunner.Train(2, args, stops: true)).Kind);
        Assert.Equal(expected, FaultRun.Results(RankRunner.Train(2, args)));
    }

    /// <summary>Wherever it is stopped, and on however many ranks it goes on.</summary>
    [Fact]
    public void Slices_end_with_the_same_bits_on_any_number_of_ranks()
    {
        string[] train = ["train", shards.Train, .. small, "--batch-norm", "--slices", "4"];
        string parts = shards.Folder.File("slices in parts");
        CommandOutcome alone = Run([.. train, "--out", shards.Folder.File("slices")]);
        Assert.EndsWith(", 4 slices)", Json(alone).GetProperty("device").GetString(), StringComparison.Ordinal);
        string[] expected = FaultRun.Results(alone);
        Assert.Equal(expected, FaultRun.Results(RankRunner.Train(2, [.. train, "--threads", "3", "--out", shards.Folder.File("slices on two")])));
        Assert.Equal(expected, FaultRun.Results(RankRunner.Train(4, ["train", shards.Train, .. small, "--batch-norm", "--out", shards.Folder.File("four ranks")])));
        string[] args = [.. train, "--out", parts];
        foreach (int ranks in new[] { 4, 1, 2 })
        {
            Assert.Equal(ErrorKind.Interrupted, Assert.Throws<GpuCtrException>(() => RankRunner.Train(ranks, args, stops: true)).Kind);
            args = ["train", "--resume", "--out", parts];
        }
        Assert.Equal(expected, FaultRun.Results(Run([.. args, "--json"])));
    }

    [Theory]
    [InlineData("--slices 4", "--slices 4 on 3 ranks: each rank takes as many slices, so their number is a multiple of that of ranks; take another --slices, or start 2 ranks")]
    [InlineData("--slices 1", "or start one rank")]
    [InlineData("--device cuda", "--device cuda: 3 slices can train only on CPUs so far; take --device cpu")]
    [InlineData("--device opencl:1 --slices 6", "--device opencl:1: 6 slices on 3 ranks can train only on CPUs so far")]
    public void Slices_that_cannot_be_dealt_and_devices_that_cannot_be_shared_are_refused(string options, string reason)
    {
        string folder = shards.Folder.File("refused");
        GpuCtrException e = Assert.Throws<GpuCtrException>(() => RankRunner.Train(3, ["train", shards.Train, "--out", folder, .. options.Split(' ')]));
        Assert.Equal(ErrorKind.Usage, e.Kind);
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder));
    }

    [Theory]
    [InlineData("sasrec", "all items")]
    public void What_ranks_do_not_train_is_refused_before_a_folder_is_made(string model, string reason)
    {
        string folder = shards.Folder.File("refused");
        GpuCtrException e = Assert.Throws<GpuCtrException>(() => RankRunner.Train(2, ["train", shards.Train, "--model", model, "--out", folder]));
        Assert.Equal(ErrorKind.Usage, e.Kind);
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder));
    }

    private static JsonElement Json(CommandOutcome o) => JsonDocument.Parse(o.Succeeded().Out).RootElement;

    /// <summary>The files of the checkpoints, with the sizes of those of tensors: texts name times and folders.</summary>
    private static string[] Files(string run)
    {
        string checkpoints = Path.Combine(run, "checkpoints");
        return [.. Directory.GetFiles(checkpoints, "*", SearchOption.AllDirectories).Select(f => $"{Path.GetRelativePath(checkpoints, f)} {(f.EndsWith(".safetensors", StringComparison.Ordinal) ? new FileInfo(f).Length : 0)}").Order(StringComparer.Ordinal)];
    }
}
