using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Training.Checkpoints;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Engine.Tests.Data;

/// <summary>Only the current rows of a table are read.</summary>
[Trait("Speed", "Fast")]
public sealed class TableTests : OwnFolder
{
    private static readonly object vector = new { storageType = "u", pathOrInlineDv = "ab", offset = 1, sizeInBytes = 34, cardinality = 1 };

    [Fact]
    public void Removed_files_of_a_delta_table_are_not_read_however_it_is_named()
    {
        DeltaFolder table = Table();
        string day1 = table.Path + "/day=2024-01-01";
        Assert.Equal(["b.parquet 2 t17040672", "c.parquet 3 null", "d d.parquet 4 t17041536"], Rows(table.Path));
        Assert.Equal(Rows(table.Path), Rows(table.Path + "/"));
        Assert.Equal(Rows(table.Path), Rows(table.Path + "/**/*.parquet"));
        Assert.Equal(["b.parquet 2 t17040672"], Rows(day1));
        Assert.Equal(["b.parquet 2 t17040672"], Rows(day1 + "/b.parquet"));
        Assert.Contains("version 1 of a Delta table, 1 file(s); 2 that it does not have (any more) left out", Assert.Single(ShardSet.Resolve([day1]).Notes));
        GpuCtrException removed = Refused(day1 + "/a.parquet");
        Assert.Contains("rows were deleted or rewritten", removed.Message);
        Refused(day1 + "/never.parquet");
        Run("inspect", table.Path).Succeeded();
    }

    [Fact]
    public void The_log_and_not_the_path_says_the_values_of_partitions()
    {
        DeltaFolder table = new DeltaFolder(Folder.File("key=7/t")).Create(day: "string").Add("day=9/x.parquet", 1, "007").Commit();
        ShardSet shards = ShardSet.Resolve([table.Path]);
        Assert.Equal(["label int32", "a int32", "day string", "key int64"], shards.Columns.Select(c => $"{c.Name} {c.TypeName}"));
        Assert.Equal("'007'", SecondReader.OurRows(shards.Shards[0], "day")[0]);
        Assert.Equal(["'007'", "7"], ((string[])["day", "key"]).Select(c => SecondReader.OurRows(ShardSet.Resolve([table.Path + "/*/*"]).Shards[0], c)[0]));
    }

    [Theory]
    [InlineData("integer", "-12", "-12")]
    [InlineData("boolean", "true", "1")]
    [InlineData("double", "1.5", "1.5")]
    [InlineData("decimal(8,2)", "3.25", "3.25")]
    [InlineData("timestamp", "2024-01-01 00:00:01.5", "t17040672015000000")]
    [InlineData("timestamp", "2024-01-01T00:00:01.500000Z", "t17040672015000000")]
    [InlineData("string", "", "null")]
    [InlineData("long", "x", null)]
    public void Values_of_partitions_have_the_type_of_the_table(string type, string value, string? expected)
    {
        DeltaFolder table = new DeltaFolder(Folder.File("t")).Create(day: type).Add("x.parquet", 1, value).Commit();
        if (expected is null)
            Assert.Contains("partition value 'x' of column 'day' is not of type int64", Refused(table.Path).Message);
        else
            Assert.Equal(expected, SecondReader.OurRows(ShardSet.Resolve([table.Path]).Shards[0], "day")[0]);
    }

    [Fact]
    public void Columns_that_a_table_got_later_are_null_before()
    {
        DeltaFolder table = new DeltaFolder(Folder.File("t")).Create().Add("0.parquet", 1, "2024-01-01").Commit();
        new TestShard().Column("label", 0, 1, 1).Column("a", 1, 2, 3).Text("b", "x", "y", "z").Lists<long>("c", [1], [], [2]).Column("d", 1.0, 2, 3).Write(table.Path + "/1.parquet");
        string schema = DeltaFolder.Schema(("label", "integer"), ("a", "integer"), ("day", "date"), ("b", "string"), ("c", "ARRAY"), ("d", "double"))
            .Replace("\"ARRAY\"", """{"type":"array","elementType":"long","containsNull":true}""");
        table.Columns(schema).Action(new { add = new { path = "1.parquet", partitionValues = new { day = "2024-01-02" }, size = 1 } }).Commit();
        ShardSet shards = ShardSet.Resolve([table.Path]);
        Assert.Equal(["null", "[]", "null"], ((string[])["b", "c", "d"]).Select(c => SecondReader.OurRows(shards.Shards[0], c)[2]));
        Assert.Equal(["'z'", "[2]", "3"], ((string[])["b", "c", "d"]).Select(c => SecondReader.OurRows(shards.Shards[1], c)[2]));
        Assert.Equal(6, FeatureEncoder.Fit(shards, FeaturePlan.Infer(shards, new FeatureOptions())).TrainRows);
    }

    [Fact]
    public void Columns_that_the_table_does_not_have_and_equal_files_are_no_fault()
    {
        DeltaFolder table = new DeltaFolder(Folder.File("t")).Create().Add("0.parquet", 1, "2024-01-01").Add("1.parquet", 1, "2024-01-01").Commit();
        table.Add("2.parquet", 2, null).Commit();
        new TestShard().Column("label", 0, 1, 1).Column("a", 1, 2, 3).Text("_change_type", null, null, null).Write(table.Path + "/2.parquet");
        ShardSet shards = ShardSet.Resolve([table.Path]);
        Assert.Equal(9, shards.Rows);
        Assert.All(shards.Shards, s => Assert.Equal(["label", "a", "day"], s.Columns.Select(c => c.Name)));
        File.Copy(table.Path + "/0.parquet", Folder.File("copy.parquet"));
        GpuCtrException copy = Assert.Throws<GpuCtrException>(() => ShardSet.Resolve([table.Path, Folder.File("copy.parquet")]));
        Assert.Contains("a copy of", copy.Message);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Checkpoints_stand_for_the_commits_before_them(int parts)
    {
        DeltaFolder table = Table();
        table.Checkpoint(1, parts, ("day=2024-01-01/b.parquet", "2024-01-01"), ("c.parquet", ""), ("day=2024-01-03/d%20d.parquet", "2024-01-02"));
        string[] rows = Rows(table.Path);
        Assert.Equal(3, rows.Length);
        table.Add("e.parquet", 5, null).Remove("day=2024-01-01/b.parquet").Commit();
        string[] later = Rows(table.Path);
        Assert.Equal(["c.parquet 3 null", "d d.parquet 4 t17041536", "e.parquet 5 null"], later.Order());
        File.Delete(table.Log($"{0:D20}.json"));
        File.Delete(table.Log($"{1:D20}.json"));
        Assert.Equal(later, Rows(table.Path));
        File.Delete(Directory.GetFiles(table.Path + "/_delta_log", "*.checkpoint.*")[0]);
        Assert.Contains("version 0 is missing", Refused(table.Path).Message);
    }

    [Fact]
    public void What_a_table_needs_and_is_not_supported_is_refused_by_name()
    {
        void Refuses(string text, Func<DeltaFolder, DeltaFolder> make)
        {
            DeltaFolder table = make(new DeltaFolder(Folder.File(Guid.NewGuid().ToString("N")))).Commit();
            GpuCtrException failure = Refused(table.Path);
            Assert.Contains(text, failure.Message);
            Assert.Contains("plain Parquet", failure.Message);
            Refused(table.Path + "/x.parquet");
        }

        Refuses("deletion vectors, which mark rows of x.parquet", t => t.Create(3, ["deletionVectors"]).Add("x.parquet", 1, null, vector));
        Refuses("column mapping (delta.columnMapping.mode = name)", t => t.Create(2, null, new Dictionary<string, string> { ["delta.columnMapping.mode"] = "name" }).Add("x.parquet", 1, null));
        Refuses("the reader feature typeWidening", t => t.Create(3, ["timestampNtz", "typeWidening"]).Add("x.parquet", 1, null));
        Refuses("reader version 4", t => t.Create(4).Add("x.parquet", 1, null));
        DeltaFolder restored = new DeltaFolder(Folder.File("restored")).Create(3, ["deletionVectors"]).Add("x.parquet", 1, null).Commit();
        restored.Remove("x.parquet").Add("x.parquet", 1, null, vector).Commit().Remove("x.parquet", vector).Add("y.parquet", 2, null).Commit();
        Assert.Equal(["y.parquet 2 null"], Rows(restored.Path));
    }

    [Fact]
    public void Damaged_logs_are_data()
    {
        DeltaFolder table = Table();
        string first = table.Log($"{0:D20}.json"), second = table.Log($"{1:D20}.json"), whole = File.ReadAllText(second);
        foreach (string text in (string[])["{", "[]", "{\"add\":7}", "{\"add\":{}}", "{\"protocol\":{}}", "{\"add\":{\"path\":\"a\\u0000b\",\"partitionValues\":{}}}", "{\"metaData\":{\"schemaString\":\"{}\"}}", "{\"metaData\":{}}"])
        {
            File.WriteAllText(second, text);
            Refused(table.Path);
        }

        File.WriteAllText(second, whole);
        File.Delete(table.Path + "/c.parquet");
        Assert.Contains("missing, though version 1", Refused(table.Path).Message);
        File.Delete(first);
        Assert.Contains("version 0 is missing", Refused(table.Path).Message);
    }

    [Theory]
    [InlineData("metadata/00001-a.metadata.json", "data/x.parquet", "an Iceberg table")]
    [InlineData("metadata/v1.metadata.json", "data/day=1/x.parquet", "an Iceberg table")]
    [InlineData(".hoodie/hoodie.properties", "x.parquet", "a Hudi table")]
    [InlineData(".hoodie/hoodie.properties", "day=1/x.parquet", "a Hudi table")]
    public void Tables_of_other_formats_are_refused(string mark, string file, string text)
    {
        string root = Folder.File("t");
        new DeltaFolder(root).Shard(file, 1);
        Directory.CreateDirectory(Path.GetDirectoryName(root + "/" + mark)!);
        File.WriteAllText(root + "/" + mark, "{}");
        foreach (string named in (string[])[root, $"{root}/{file}", $"{root}/**/*.parquet", Path.GetDirectoryName($"{root}/{file}")!])
            Assert.Contains(text, Refused(named).Message);
    }

    /// <summary>a was replaced by b; the log never mentions never.</summary>
    private DeltaFolder Table()
    {
        DeltaFolder table = new DeltaFolder(Folder.File("table")).Create()
            .Add("day=2024-01-01/a.parquet", 1, "2024-01-01").Add("c.parquet", 3, "").Add("day=2024-01-03/d d.parquet", 4, "2024-01-02", uri: "day=2024-01-03/d%20d.parquet").Commit()
            .Remove("day=2024-01-01/a.parquet").Add("day=2024-01-01/b.parquet", 2, "2024-01-01").Commit();
        table.Shard("day=2024-01-01/never.parquet", 9);
        return table;
    }

    /// <summary>For each shard: its name, and columns a and day (in units of 10⁹ · 100 ns) of its first row.</summary>
    private static string[] Rows(string pattern) => [.. ShardSet.Resolve([pattern]).Shards.Select(s =>
        $"{Path.GetFileName(s.Path)} {SecondReader.OurRows(s, "a")[0]} {SecondReader.OurRows(s, "day")[0].Replace("000000000", "")}").Order()];

    private static GpuCtrException Refused(string pattern)
    {
        GpuCtrException failure = Assert.Throws<GpuCtrException>(() => ShardSet.Resolve([pattern]));
        Assert.Equal(ErrorKind.Data, failure.Kind);
        Assert.DoesNotContain('\n', failure.Message);
        return failure;
    }
}
