using System.Text.RegularExpressions;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Engine.Tests.Faults;

public sealed partial class ChangedRunTests(FaultRun run) : IClassFixture<FaultRun>
{
    [Fact]
    public void Fault13_Every_changed_field_is_named_with_both_values()
    {
        string copy = run.Copy();
        Run([.. FaultRun.Rest(copy), "--embedding-dim", "3", "--lr", "0.5", "--hidden-units", "8,4", "--min-count", "2"])
            .FailedWith(ExitCode.Usage, "embedding_dim was 2 and is 3", "lr was 0.01 and is 0.5", "hidden_units was [8] and is [8, 4]", "min_count was 1 and is 2", "--allow-changed");
    }

    /// <summary>Changes a value in an uncompressed page; size, time and footer stay the same.</summary>
    [Fact]
    public void Fault13_Shards_are_known_by_their_content_and_not_by_their_time()
    {
        string shard = PlainShard("plain.parquet"), folder = run.Folder.File("content"), untouched = run.Folder.File("plain.copy");
        string[] rest = ["train", "--resume", "--out", folder, "--epochs", "2"];
        Run(["train", shard, "--out", folder, .. FaultRun.Model]).Succeeded();
        File.Copy(shard, untouched);
        DateTime time = File.GetLastWriteTimeUtc(shard);
        ReplaceValue(shard);
        File.SetLastWriteTimeUtc(shard, time);
        Run(rest).FailedWith(ExitCode.Usage, "train_shards was [", "plain.parquet (400 rows, ", "and is [", "xxh3 ");
        Assert.Contains("warning: train_shards was [", Run([.. rest, "--allow-changed", "train-shards"]).Succeeded().Error);
        // What was accepted once is what the run has now.
        Run(rest).Succeeded();
        File.Copy(untouched, shard, overwrite: true);
        Run(rest).FailedWith(ExitCode.Usage, "train_shards was [");
        ReplaceValue(shard);
        File.SetLastWriteTimeUtc(shard, time.AddHours(7));
        Run(rest).Succeeded();
    }

    [Fact]
    public void Fault13_A_run_goes_on_from_another_folder_with_the_shards_that_it_began_with()
    {
        string there = run.Folder.File("elsewhere"), rows = Path.Combine(Directory.CreateDirectory(Path.Combine(there, "data")).FullName, "rows.parquet");
        File.Copy(run.Train, rows);
        ChildProcess.RunIn(there, [.. TrainProcess.Words, "train", "data/*.parquet", "--valid", "data/rows.parquet", "--out", "run", "--epochs", "1", .. FaultRun.Model]).Succeeded();
        string[] rest = ["train", "--resume", "--out", Path.Combine(there, "run"), "--epochs", "2"];
        Run(rest).Succeeded();
        ChildProcess.RunIn(there, [.. TrainProcess.Words, "train", "--resume", "--out", "run", "--epochs", "3"]).Succeeded();
        // Another file at that place is another one.
        File.Copy(PlantedShards.Write(run.Folder.File("another.parquet"), 300, 9), rows, overwrite: true);
        Run(rest).FailedWith(ExitCode.Usage, $"train_shards was [{rows} (");
    }

    [Fact]
    public void Fault13_A_run_that_knows_its_shards_by_their_time_goes_on()
    {
        string copy = run.Copy(), config = Path.Combine(copy, "config.json");
        string time = File.GetLastWriteTimeUtc(run.Train).ToString("O");
        File.WriteAllText(config, XxHash().Replace(File.ReadAllText(config), time));
        Run(FaultRun.Rest(copy)).Succeeded();
        Assert.Contains("bytes, xxh3 ", File.ReadAllText(config));
        string later = run.Copy(), laterConfig = Path.Combine(later, "config.json");
        File.WriteAllText(laterConfig, XxHash().Replace(File.ReadAllText(laterConfig), "2020-01-01T00:00:00.0000000Z"));
        Run(FaultRun.Rest(later)).FailedWith(ExitCode.Usage, "train_shards was [", "2020-01-01");
    }

    [Fact]
    public void Fault13_A_change_that_was_accepted_takes_effect()
    {
        string copy = run.Copy(), weights = FaultRun.Results(Run(FaultRun.Rest(run.Copy())).Succeeded())[0];
        CommandOutcome changed = Run([.. FaultRun.Rest(copy), "--lr", "0.5", "--batch-size", "100", "--allow-changed", "lr,batch_size"]).Succeeded();
        Assert.Contains("warning: lr was 0.01 and is 0.5", changed.Error);
        Assert.NotEqual(weights, FaultRun.Results(changed)[0]);
    }

    [Theory]
    [InlineData("embedding_dim")]
    [InlineData("min-count")]
    [InlineData("nonsense")]
    public void Fault13_What_decides_the_tensors_cannot_be_accepted(string field) =>
        Run([.. FaultRun.Rest(run.Copy()), "--allow-changed", field]).FailedWith(ExitCode.Usage, $"--allow-changed {field}", "--init-from");

    private string PlainShard(string name) => new TestShard()
        .Column("label", [.. Enumerable.Range(0, 400).Select(i => i % 3 == 0 ? 1 : 0)]).Column("user", [.. Enumerable.Range(0, 400).Select(i => i % 9)])
        .Column("price", [.. Enumerable.Range(0, 400).Select(i => i + 0.25)])
        .Write(run.Folder.File(name), compression: Parquet.CompressionMethod.None);

    /// <summary>Replaces a number by another one between the minimum and the maximum.</summary>
    private static void ReplaceValue(string shard)
    {
        byte[] bytes = File.ReadAllBytes(shard), footer = bytes[^(8 + BitConverter.ToInt32(bytes, bytes.Length - 8))..];
        int at = bytes.AsSpan().IndexOf(BitConverter.GetBytes(123.25));
        Assert.True(at > 0 && at < bytes.Length - footer.Length, "the page is stored as it is");
        bytes[at + 5] ^= 1;
        File.WriteAllBytes(shard, bytes);
    }

    [GeneratedRegex("xxh3 [0-9a-f]{16}")]
    private static partial Regex XxHash();
}
