using GpuCtr.Data.Rows;
using GpuCtr.Data.Sources;

namespace GpuCtr.Training.Tests.Library;

/// <summary>What docs/guide/library.md shows of stores and rows: this file contains it, so it compiles and runs.</summary>
public sealed class LibraryGuideTests : OwnFolder
{
    private record Click(bool Label, long User, string Site, long Item, IReadOnlyList<long> HistItem, float? Age, DateTimeOffset At);

    private TrainOptions Options => new() { Out = Folder.File("run"), Epochs = 1, BatchSize = 64, FitCache = "off", Device = new() { Device = "cpu" }, Model = m => m with { HiddenUnits = [8], EmbeddingDim = 2 } };

    [Fact]
    public async Task A_store_of_a_program()
    {
        TrainOptions options = Options;
        Dictionary<string, byte[]> blobs = new() { ["day1"] = File.ReadAllBytes(PlantedShards.Write(Folder.File("a.parquet"), 300, 1)) };
        ShardStore memory = ShardStore.Of("mem", (shard, stop) => ValueTask.FromResult<Stream?>(blobs.TryGetValue(shard.Name, out byte[]? bytes) ? new MemoryStream(bytes) : null));
        TrainingResult run = await CtrTrainer.TrainAsync(options with { Shards = ["mem://day1"], Stores = [memory] });
        Assert.Single(run.Epochs);
        Assert.Contains("mem://day2: no such shard", (await Assert.ThrowsAsync<GpuCtrException>(() => CtrTrainer.TrainAsync(options with { Shards = ["mem://day2"], Stores = [memory] }))).Message);
    }

    [Fact]
    public async Task Rows_of_a_program()
    {
        TrainOptions options = Options;
        Click[] clicks = [.. Enumerable.Range(0, 300).Select(i => new Click(i % 3 == 0, i % 20, $"site{i % 4}", i % 15, [i % 7, i % 5], i % 9 == 0 ? null : i % 60, DateTimeOffset.UnixEpoch.AddHours(i)))];
        Click[] later = clicks[200..];
        RowStore rows = new();
        TrainingResult run = await CtrTrainer.TrainAsync(options with
        {
            Shards = [rows.Add("clicks", clicks)],
            Valid = [rows.Add("later", later)],
            Stores = [rows],
        });
        Assert.Equal(100, run.Metrics.Rows);
    }

    [Theory]
    [InlineData("ShardStore")]
    [InlineData("RowStore")]
    [InlineData("record Click")]
    public void The_guide_shows_this(string about)
    {
        string[] own = [.. File.ReadAllLines(Repository.File("tests", "Training.Tests", "Library", "LibraryGuideTests.cs")).Select(l => l.Trim())];
        string[] shown = Assert.Single(Repository.Blocks("docs", "guide", "library.md"), b => b.Language == "csharp" && b.Text.StartsWith(about, StringComparison.Ordinal)).Text.Trim().Split('\n');
        Assert.All(shown, line => Assert.Contains(own, l => l == line.Trim() || l == $"private {line.Trim()}"));
    }
}
