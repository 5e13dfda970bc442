using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Engine.Tests.Commands;

/// <summary>No command overwrites a file that it reads.</summary>
public sealed class OutputPathTests(TrainedRun run) : IClassFixture<TrainedRun>
{
    private string Shards(string name) => PlantedShards.Write(Path.Combine(Directory.CreateDirectory(run.Folder.File(name)).FullName, "a.parquet"), 300, 3);

    private CommandOutcome Predict(string input, string output, params string[] more) =>
        Run(["predict", "--model", run.Run, input, "--out", output, "--device", "cpu", "--overwrite", .. more]);

    [SkippableTheory]
    [InlineData("a.parquet", "a.parquet")]
    [InlineData("a.parquet", "../{0}/./a.parquet")]
    [InlineData("link.parquet", "a.parquet")]
    [InlineData("a.parquet", "link.parquet")]
    [InlineData("a.parquet", "again/a.parquet")]
    [InlineData("again/a.parquet", "a.parquet")]
    [InlineData("", "a.parquet")]
    [InlineData("a*.parquet", "a.parquet")]
    public void Predictions_do_not_replace_their_shards(string input, string output)
    {
        Skip.If(OperatingSystem.IsWindows(), "makes links");
        string name = $"in-{Guid.NewGuid():N}", shard = Shards(name), folder = Path.GetDirectoryName(shard)!;
        if (input.Contains("link") || output.Contains("link"))
            File.CreateSymbolicLink(Path.Combine(folder, "link.parquet"), "a.parquet");
        Directory.CreateSymbolicLink(Path.Combine(folder, "again"), folder);
        byte[] before = File.ReadAllBytes(shard);
        Predict(Path.Combine(folder, input), Path.Combine(folder, string.Format(output, name))).FailedWith(ExitCode.Usage, "--out", "this command reads it", "a.parquet");
        Assert.Equal(before, File.ReadAllBytes(shard));
        // Under any of these names it can be read.
        Predict(Path.Combine(folder, input), run.Folder.File("elsewhere.pq")).Succeeded();
    }

    [Fact]
    public void A_shard_with_the_name_of_the_half_written_file_is_left_alone()
    {
        string shard = Shards("half"), other = run.Folder.File("scores.parquet.tmp");
        File.Copy(shard, other);
        Predict(other, run.Folder.File("scores.parquet")).FailedWith(ExitCode.Usage, "this command reads it");
        Assert.Equal(File.ReadAllBytes(shard), File.ReadAllBytes(other));
    }

    [Theory]
    [InlineData("", "scores.parquet", true)]
    [InlineData("*.parquet", "scores.parquet", true)]
    [InlineData("**/*.parquet", "deep/scores.parquet", true)]
    [InlineData("", "day=2/scores.parquet", true)]
    [InlineData("", "deep/scores.parquet", false)]
    [InlineData("", "scores.pq", false)]
    [InlineData("a*.parquet", "scores.parquet", false)]
    [InlineData("a.parquet", "scores.parquet", false)]
    public void Predictions_are_no_shards_of_the_next_time(string input, string output, bool refused)
    {
        string folder = Path.GetDirectoryName(Shards($"next-{Guid.NewGuid():N}"))!, path = Path.Combine(folder, output);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        CommandOutcome o = Predict(Path.Combine(folder, input), path);
        if (refused)
            o.FailedWith(ExitCode.Usage, "as a shard in the next run");
        else
            o.Succeeded();
        Assert.Equal(refused, !File.Exists(path));
    }

    [Theory]
    [InlineData("predict")]
    [InlineData("export")]
    public void The_files_of_the_model_are_not_replaced(string verb)
    {
        string checkpoint = Path.Combine(run.Run, "checkpoints", File.ReadAllText(Path.Combine(run.Run, "best")).Trim());
        foreach (string output in new[] { Path.Combine(checkpoint, "model.safetensors"), Path.Combine(run.Run, "best"), Path.Combine(run.Run, "config.json"), checkpoint })
        {
            CommandOutcome o = verb == "predict" ? Predict(run.Test, output) : Run("export", "--model", run.Run, "--format", "safetensors", "--out", output, "--overwrite");
            o.FailedWith(ExitCode.Usage, "--out", "this command reads it");
        }

        Run("evaluate", "--model", run.Run, run.Test, "--device", "cpu").Succeeded();
    }

    [Fact]
    public void A_run_does_not_remove_its_shards_or_lie_among_them()
    {
        string folder = run.Folder.File("mixed"), shard = Shards("mixed/cache"), other = Shards("outer");
        CommandOutcome Train(string input, string output, params string[] more) => Run(["train", input, "--out", output, .. TrainedRun.SmallModel, .. more]);
        Train(shard, folder, "--overwrite").FailedWith(ExitCode.Usage, "--out", "would be overwritten", "cache");
        Train(other, folder, "--overwrite", "--valid", shard).FailedWith(ExitCode.Usage, "would be overwritten");
        Assert.True(File.Exists(shard));
        string outer = Path.GetDirectoryName(other)!;
        Train(Path.Combine(outer, "**", "*.parquet"), Path.Combine(outer, "runs", "first")).FailedWith(ExitCode.Usage, "as a shard in the next run");
        Train(Path.Combine(outer, "**", "*.parquet"), run.Folder.File("free"), "--fit-cache", Path.Combine(outer, "fits")).FailedWith(ExitCode.Usage, "--fit-cache", "as a shard in the next run");
        Assert.Equal([other], Directory.GetFileSystemEntries(outer));
        Train(outer, Path.Combine(outer, "run")).Succeeded();
        Train(outer, Path.Combine(outer, "run"), "--overwrite", "--init-from", Path.Combine(outer, "run")).FailedWith(ExitCode.Usage, "this command reads it");
        Train(outer, Path.Combine(outer, "run"), "--resume").Succeeded();
    }

    [Fact]
    public void A_manifest_does_not_replace_a_shard()
    {
        string shard = Shards("named"), named = Path.Combine(Path.GetDirectoryName(shard)!, "_manifest.json");
        File.Move(shard, named);
        byte[] before = File.ReadAllBytes(named);
        Run("inspect", named, "--write-manifest").FailedWith(ExitCode.Usage, "_manifest.json", "rename the shard");
        Assert.Equal(before, File.ReadAllBytes(named));
    }
}
