namespace GpuCtr.EndToEnd.Tests.Samples;

/// <summary>samples/nightly-training, which docs/guide/library.md shows.</summary>
public sealed class NightlyTrainingTests : OwnFolder
{
    private static readonly string[] program = ["samples", "nightly-training"];

    [Fact]
    public void A_night_leaves_a_model_to_serve_and_the_same_night_again_changes_nothing()
    {
        ChildProcess.RunIn(Folder.Path, ChildProcess.DotNet, Path.Combine(AppContext.BaseDirectory, "datagen.dll"), "synth", "--schema", "criteo", "--rows", "2000", "--shards", "1", "--test-rows", "100",
            "--numeric", "1", "--categorical", "3", "--max-cardinality", "20", "--seed", "1", "--out", "data").Succeeded();
        string told = Night("data/shard-*.parquet").Succeeded().Out;
        Assert.Contains("epoch 1/", told);
        string last = LastLine(told);
        Assert.Matches("^AUC 0[.][0-9]+ after [0-9]+ epochs; serve .*best, which reads 4 columns$", last);
        Assert.Equal(last, LastLine(Night("data/shard-*.parquet").Succeeded().Out));
    }

    [Fact]
    public void A_night_without_data_says_so()
    {
        CommandOutcome failed = Night("data/*.parquet");
        Assert.Equal((int)ErrorKind.Usage, failed.Code);
        Assert.Contains("data/*.parquet", failed.Error);
    }

    [Fact]
    public void The_guide_shows_it()
    {
        Assert.Contains(Repository.Blocks("docs", "guide", "library.md"), b => b == ("csharp", File.ReadAllText(Repository.File([.. program, "Program.cs"]))));
    }

    private static string LastLine(string text) => text.TrimEnd().Split('\n').Last(l => l.StartsWith("AUC", StringComparison.Ordinal)).Trim();

    private CommandOutcome Night(string shards) =>
        ChildProcess.RunIn(Folder.Path, ChildProcess.DotNet, Repository.File([.. program, "bin", Repository.Configuration, "net10.0", "NightlyTraining.dll"]), shards, "runs");
}
