using System.Text.Json;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Data.Sources;
using GpuCtr.Training.Checkpoints;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Engine.Tests.Data;

/// <summary>Shards in an object store give the same results as the same shards as files.</summary>
public sealed class ObjectStoreTests(LocalStore store) : OwnFolder, IClassFixture<LocalStore>
{
    [SkippableFact]
    public void A_run_on_objects_ends_in_the_weights_of_a_run_on_files()
    {
        store.SkipIfAbsent();
        for (int i = 0; i < 3; i++)
            store.Put(PlantedShards.Write(Folder.File($"{i}.parquet"), 4000, i), $"same/{i}.parquet");
        string HashOf(string shards, string run) => JsonDocument.Parse(
            Run(["train", shards, "--out", Folder.File(run), "--json", .. TrainedRun.SmallModel]).Succeeded().Out).RootElement.GetProperty("weights_hash").GetString()!;
        Assert.Equal(HashOf(Folder.File("*.parquet"), "files"), HashOf($"s3://{LocalStore.Bucket}/same/*.parquet", "objects"));
    }

    [SkippableFact]
    public void Objects_are_named_one_by_one_by_folder_or_by_pattern()
    {
        store.SkipIfAbsent();
        string file = Small();
        foreach (string key in new[] { "names/a.parquet", "names/b.parquet", "names/notes.txt", "names/deep/c.parquet", "names/day=2024-01-02/d.parquet", "names-of-others.parquet" })
            store.Put(file, key);
        Assert.Equal(["names/a.parquet"], Keys("names/a.parquet"));
        Assert.Equal(["names/a.parquet", "names/b.parquet"], Keys("names/*.parquet"));
        Assert.Equal(["names/deep/c.parquet"], Keys("names/d?ep/*.parquet"));
        Assert.Equal(["names/a.parquet", "names/b.parquet", "names/day=2024-01-02/d.parquet"], Keys("names"));
        Assert.Equal(Keys("names"), Keys("names/"));
        Assert.Equal(4, Keys("names/**.parquet").Length);
        Assert.Equal([("day", "2024-01-02")], Expand(At("names/day=2024-01-02")).Shards[0].Partitions);
        Assert.Equal(ErrorKind.Usage, Assert.Throws<GpuCtrException>(() => Expand(At("names/a.parquet"), At("names/a.*"))).Kind);
    }

    [SkippableFact]
    public void Objects_that_are_no_data_by_name_or_by_their_table_are_not_read()
    {
        store.SkipIfAbsent();
        string file = Small();
        foreach (string key in new[] { "mixed/a.parquet", "mixed/_temporary/0/b.parquet", "mixed/._c.parquet", "mixed/_day=1/d.parquet", "ice/data/x.parquet", "hudi/day=1/x.parquet" })
            store.Put(file, key);
        Assert.Equal(["mixed/_day=1/d.parquet", "mixed/a.parquet"], Keys("mixed"));
        Assert.Equal(["mixed/_day=1/d.parquet", "mixed/a.parquet"], Keys("mixed/**.parquet"));
        Assert.Equal(["mixed/._c.parquet"], Keys("mixed/._c.parquet"));
        store.Put(file, "ice/metadata/v1.metadata.json");
        store.Put(file, "hudi/.hoodie/hoodie.properties");
        Fails(() => Keys("ice"), ErrorKind.Data, "s3://shards/ice/: an Iceberg table");
        Fails(() => Keys("ice/data/*"), ErrorKind.Data, "s3://shards/ice/: an Iceberg table");
        Fails(() => Keys("hudi/day=1/x.parquet"), ErrorKind.Data, "s3://shards/hudi/: a Hudi table");

        DeltaFolder table = new DeltaFolder(Folder.File("delta")).Create().Add("day=1/a.parquet", 1, "2024-01-01").Add("b.parquet", 2, null).Commit().Remove("b.parquet").Add("c.parquet", 3, null).Commit();
        table.Checkpoint(0, 1, ("day=1/a.parquet", "2024-01-01"), ("b.parquet", ""));
        foreach (string path in Directory.GetFiles(table.Path, "*", SearchOption.AllDirectories))
            store.Put(path, $"delta/{Path.GetRelativePath(table.Path, path)}");
        Assert.Equal(["delta/c.parquet", "delta/day=1/a.parquet"], Keys("delta"));
        Assert.Equal(["delta/c.parquet"], Keys("delta/*.parquet"));
        Assert.Equal(["delta/day=1/a.parquet"], Keys("delta/day=1"));
        Assert.Equal(["delta/day=1/a.parquet"], Keys("delta/day=1/a.parquet"));
        Fails(() => Keys("delta/b.parquet"), ErrorKind.Data, "version 1 of the Delta table s3://shards/delta/ does not have this file");
        Assert.Equal(["day date", "day date"], ShardSet.Resolve([At("delta")]).Shards.Select(s => $"day {s.Column("day")!.TypeName}"));
    }

    [SkippableFact]
    public void Objects_larger_than_what_is_fetched_at_once_are_read_to_the_byte()
    {
        store.SkipIfAbsent();
        string file = Large();
        Shard object_ = Open(store.Put(file, "large.parquet")), local = Shard.Open(file, 0);
        Assert.Equal(local.ContentHash(), object_.ContentHash());
        foreach (string column in new[] { "label", "b", "a" })
            Assert.Equal(SecondReader.OurRows(local, column), SecondReader.OurRows(object_, column));
    }

    [SkippableFact]
    public void Connections_that_break_are_taken_up_where_they_broke()
    {
        store.SkipIfAbsent();
        string file = Large();
        string path = store.Put(file, "breaking.parquet");
        using BreakingProxy proxy = new(store.Port, breakAfterBytes: 1_500_000);
        LocalStore.PointAt(proxy.Port);
        try
        {
            Assert.Equal(Shard.Open(file, 0).ContentHash(), Open(path).ContentHash());
            Assert.True(proxy.Broken >= new FileInfo(file).Length / 1_500_000);
        }
        finally
        {
            LocalStore.PointAt(store.Port);
        }
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(3, 4)]
    [InlineData(100, 4)]
    public void A_read_that_receives_nothing_is_tried_four_times(int breaks, int asked)
    {
        byte[] content = [.. Enumerable.Range(0, 1000).Select(i => (byte)i)];
        using EmptyHandedStore broken = new(content, breaks);
        LocalStore.PointAt(broken.Port);
        try
        {
            byte[] read = new byte[500];
            using ObjectStream source = new(new ObjectStore(), new StoredShard($"{LocalStore.Bucket}/x.parquet", content.Length, EmptyHandedStore.Etag)) { Position = 100 };
            if (breaks < asked)
            {
                Assert.Equal(read.Length, source.Read(read));
                Assert.Equal(content[100..600], read);
            }
            else
            {
                Fails(() => source.ReadExactly(read), ErrorKind.InputOutput, "s3://shards/x.parquet: ");
            }

            Assert.Equal(asked, broken.Asked);
        }
        finally
        {
            LocalStore.PointAt(store.Port);
        }
    }

    [SkippableFact]
    public void Object_that_changes_or_goes_during_a_run_is_noticed()
    {
        store.SkipIfAbsent();
        Shard shard = Open(store.Put(Small(), "changing.parquet"));
        store.Put(Small(1), "changing.parquet");
        Fails(() => SecondReader.OurRows(shard, "a"), ErrorKind.Data, "s3://shards/changing.parquet: the object changed");
        store.Remove("changing.parquet");
        Fails(() => SecondReader.OurRows(shard, "a"), ErrorKind.InputOutput, "s3://shards/changing.parquet: the object disappeared");
    }

    [SkippableFact]
    public void A_manifest_beside_objects_tells_on_one_that_is_not_as_listed()
    {
        store.SkipIfAbsent();
        store.Put(Small(), "listed/a.parquet");
        Run("inspect", At("listed"), "--write-manifest").Succeeded();
        Assert.Contains("1 shard(s) are as listed", Assert.Single(ShardSet.Resolve([At("listed")]).Notes));
        store.Put(Small(1), "listed/a.parquet");
        Fails(() => ShardSet.Resolve([At("listed")]), ErrorKind.Data, "s3://shards/listed/_manifest.json lists");
    }

    [SkippableTheory]
    [InlineData("s3://nowhere/*.parquet", ErrorKind.Usage, "s3://nowhere/: no such bucket")]
    [InlineData("s3://nowhere/a.parquet", ErrorKind.Usage, "s3://nowhere/a.parquet")]
    [InlineData("s3://shards/none/*.parquet", ErrorKind.Usage, "s3://shards/none/*.parquet: no such object")]
    [InlineData("s3://shards/none.parquet", ErrorKind.Usage, "s3://shards/none.parquet: no such object")]
    [InlineData("s3:///a.parquet", ErrorKind.Usage, "no bucket is named")]
    public void What_is_not_there_is_one_line(string pattern, ErrorKind code, string text)
    {
        store.SkipIfAbsent();
        Run("train", pattern).FailedWith(code, text);
    }

    [SkippableFact]
    public void Object_that_is_no_Parquet_is_named()
    {
        store.SkipIfAbsent();
        File.WriteAllText(Folder.File("text"), "id,label\n1,0\n2,1\n");
        Run("train", store.Put(Folder.File("text"), "text.parquet")).FailedWith(ErrorKind.Data, "s3://shards/text.parquet: not a Parquet file");
    }

    [SkippableFact]
    public void Refused_credentials_are_told()
    {
        store.SkipIfAbsent();
        Environment.SetEnvironmentVariable("AWS_ACCESS_KEY_ID", "nobody");
        try
        {
            // The SDK finds credentials once for a process.
            ChildProcess.Run([.. TrainProcess.Words, "train", At("names")]).FailedWith(ErrorKind.InputOutput, "s3://shards/names: the store refuses access", "AWS_PROFILE");
        }
        finally
        {
            LocalStore.PointAt(store.Port);
        }
    }

    [SkippableFact]
    public void A_server_that_does_not_answer_is_told()
    {
        store.SkipIfAbsent();
        using (BreakingProxy gone = new(store.Port, 0))
            LocalStore.PointAt(gone.Port);
        try
        {
            Run("train", At("names/*")).FailedWith(ErrorKind.InputOutput, "s3://shards/names/: the store cannot be reached", "AWS_ENDPOINT_URL");
        }
        finally
        {
            LocalStore.PointAt(store.Port);
        }
    }

    private static string At(string key) => $"s3://{LocalStore.Bucket}/{key}";

    private static FoundShards Expand(params string[] patterns) => ShardPaths.Expand(patterns, new ShardStores([]));

    private static string[] Keys(string key) => [.. Expand(At(key)).Shards.Select(f => f.Source.Path[At("").Length..]).Order(StringComparer.Ordinal)];

    private static Shard Open(string path) => ShardSet.Resolve([path]).Shards[0];

    private static void Fails(Action action, ErrorKind code, string text)
    {
        GpuCtrException failure = Assert.Throws<GpuCtrException>(action);
        Assert.Equal(code, failure.Kind);
        Assert.Contains(text, failure.Message);
    }

    private string Small(int value = 0) => new TestShard().Column("label", 0, 1).Column("a", value, 2).Write(Folder.File($"small{value}.parquet"));

    /// <summary>11 MB of incompressible data in three row groups.</summary>
    private string Large()
    {
        const int rows = 700_000;
        var random = new Random(3);
        return new TestShard().Column("label", [.. Enumerable.Range(0, rows).Select(i => i % 2)])
            .Column("a", [.. Enumerable.Range(0, rows).Select(_ => random.NextInt64())]).Column("b", [.. Enumerable.Range(0, rows).Select(_ => random.NextDouble())])
            .Write(Folder.File("large.parquet"), groupRows: 300_000);
    }
}
