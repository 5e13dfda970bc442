using System.Text.Json;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Data.Splits;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Engine.Tests.Data;

public sealed class FitCacheTests : OwnFolder
{
    private string Cache => Folder.File("fits");

    [Fact]
    public void A_second_run_starts_from_the_first_ones_fit_and_ends_with_the_same_bits()
    {
        string shard = PlantedShards.Write(Folder.File("a.parquet"), 6000, 1);
        string[] train = ["train", shard, "--fit-cache", Cache, "--json", "--numeric-transform", "quantile", "--group-id", "user", "--categorical", "user", .. TrainedRun.SmallModel];
        CommandOutcome first = Run([.. train, "--out", Folder.File("r1")]).Succeeded(), second = Run([.. train, "--out", Folder.File("r2")]).Succeeded();
        Assert.DoesNotContain("come from the fit cache", first.Error);
        Assert.Contains("come from the fit cache", second.Error);
        Assert.Equal(Hash(first), Hash(second));
        Assert.DoesNotContain("come from the fit cache", Run([.. train, "--out", Folder.File("r3"), "--min-count", "2"]).Succeeded().Error);
        Assert.DoesNotContain("come from the fit cache", Run([.. train, "--out", Folder.File("r4"), "--valid-fraction", "0.2"]).Succeeded().Error);
    }

    [Fact]
    public void Other_content_under_the_same_name_is_fitted_again()
    {
        Assert.False(IsKnown(1));
        Assert.True(IsKnown(1));
        Assert.False(IsKnown(2));
    }

    /// <summary>Size, time and footer stay the same.</summary>
    [Fact]
    public void A_value_that_was_changed_in_place_is_fitted_again()
    {
        string path = new TestShard().Column("label", 0, 1, 0, 1).Column("price", 1.25, 2.25, 3.25, 9.25).Write(Folder.File("p.parquet"), compression: Parquet.CompressionMethod.None);
        Assert.False(Finds(path));
        DateTime time = File.GetLastWriteTimeUtc(path);
        byte[] bytes = File.ReadAllBytes(path);
        BitConverter.GetBytes(4.25).CopyTo(bytes, bytes.AsSpan().IndexOf(BitConverter.GetBytes(3.25)));
        File.WriteAllBytes(path, bytes);
        File.SetLastWriteTimeUtc(path, time);
        Assert.False(Finds(path));
        File.SetLastWriteTimeUtc(path, time.AddDays(1));
        Assert.True(Finds(path), "the same content at another time");
    }

    [Fact]
    public void A_damaged_result_is_fitted_again()
    {
        var random = new Random(2);
        IsKnown(1);
        foreach (string path in Directory.GetFiles(Cache, "*", SearchOption.AllDirectories))
        {
            Assert.True(IsKnown(1));
            byte[] bytes = File.ReadAllBytes(path);
            bytes[random.Next(bytes.Length)] ^= 4;
            File.WriteAllBytes(path, bytes);
            Assert.False(IsKnown(1));
        }

        Directory.Delete(Cache, recursive: true);
        File.WriteAllText(Cache, "a file where a folder should be");
        Assert.False(IsKnown(1));
    }

    [Fact]
    public void Folders_of_others_in_the_named_folder_are_left_alone()
    {
        string[] others = [.. Enumerable.Range(0, 20).Select(i => Directory.CreateDirectory(Path.Combine(Cache, $"photos {i}")).FullName), Directory.CreateDirectory(Path.Combine(Cache, new string('a', 32))).FullName];
        foreach (string other in others)
            Directory.SetLastWriteTimeUtc(other, DateTime.UtcNow.AddYears(-1));
        Assert.False(IsKnown(1));
        Assert.True(IsKnown(1));
        Assert.All(others, other => Assert.True(Directory.Exists(other), other));
    }

    /// <summary>Threads stand for processes: they have nothing in common but the folder.</summary>
    [Fact]
    public void Runs_that_write_one_result_at_once_leave_one_whole_result()
    {
        string path = RandomShard.Of(500, 1).Write(Folder.File("s.parquet"), 100);
        for (int round = 0; round < 5; round++)
        {
            using Barrier together = new(4);
            Parallel.For(0, 4, new() { MaxDegreeOfParallelism = -1 }, _ =>
            {
                ShardSet shards = ShardSet.Resolve([path]);
                FeaturePlan plan = FeaturePlan.Infer(shards, new FeatureOptions());
                together.SignalAndWait(Patience.Limit);
                FitCache.Fit(Cache, shards, plan, RowPart.All);
            });
            Assert.Matches("^[0-9a-f]{32}$", Path.GetFileName(Assert.Single(Directory.GetFileSystemEntries(Cache))));
            Assert.True(Finds(path));
            Directory.Delete(Cache, recursive: true);
        }
    }

    [Fact]
    public void Only_the_latest_results_are_kept()
    {
        for (int seed = 1; seed <= 18; seed++)
            Assert.False(IsKnown(seed));
        Assert.Equal(16, Directory.GetDirectories(Cache).Length);
        Assert.True(IsKnown(18));
    }

    private bool IsKnown(int seed)
    {
        string path = Folder.File("s.parquet");
        if (!File.Exists(Folder.File($"{seed}")))
            RandomShard.Of(500, seed).Write(path, 100);
        File.WriteAllText(Folder.File($"{seed}"), "written");
        return Finds(path);
    }

    private bool Finds(string path)
    {
        ShardSet shards = ShardSet.Resolve([path]);
        bool known = false;
        FitCache.Fit(Cache, shards, FeaturePlan.Infer(shards, new FeatureOptions()), RowPart.All, _ => known = true);
        return known;
    }

    private static string Hash(CommandOutcome o) => JsonDocument.Parse(o.Out).RootElement.GetProperty("weights_hash").GetString()!;
}
