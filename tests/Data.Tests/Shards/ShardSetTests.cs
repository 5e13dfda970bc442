using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Data.Sources;

namespace GpuCtr.Data.Tests.Shards;

[Trait("Speed", "Fast")]
public sealed class ShardSetTests : OwnFolder
{
    [Fact]
    public void Folders_globs_and_files_are_sorted()
    {
        foreach (string name in (string[])["b", "a", "c"])
            Write(name + ".parquet", name[0]);
        Directory.CreateDirectory(Folder.File("deep/er"));
        Write("deep/er/d.parquet", 9);
        Assert.Equal(["a", "b", "c"], Names(Folder.Path));
        Assert.Equal(["a", "b", "c"], Names(Folder.File("*.parquet")));
        Assert.Equal(["b"], Names(Folder.File("[b].parquet".Replace("[b]", "b"))));
        Assert.Equal(["a", "b", "c"], Names(Folder.File("?.parquet")));
        Assert.Equal(["a", "b", "c", "d"], Names(Folder.File("**/*.parquet")));
        Assert.Equal(["d"], Names(Folder.File("deep/*/*.parquet")));
        Assert.Equal(["a", "c"], Names(Folder.File("c.parquet"), Folder.File("a.parquet")));
    }

    [Fact]
    public void Names_that_begin_with_an_underscore_or_a_dot_are_no_data_unless_they_are_named()
    {
        foreach (string hidden in (string[])["_temporary/0/x.parquet", "_tmp.1/x.parquet", ".hidden/x.parquet", "._a.parquet", "_b.parquet", "day=1/_c.parquet", "_temporary/day=1/x.parquet"])
            Write(hidden, 7);
        Fails(ErrorKind.Usage, "the folder has no *.parquet file; name a folder with shards, or the files themselves; 3 file(s) whose names", Folder.Path);
        Fails(ErrorKind.Usage, "7 file(s) whose names, or whose folders' names, begin with _ or . were left out", Folder.File("**/*.parquet"));
        File.WriteAllText(Folder.File("_SUCCESS"), "");
        File.WriteAllText(Folder.File(".a.parquet.crc"), "crc");
        Write("a.parquet", 1);
        Write("_day=1/d.parquet", 2);
        Write("day=2/_hour=3/e.parquet", 3);
        Assert.Equal(["a"], Names(Folder.File("*")));
        Assert.Equal(["a"], Names(Folder.File("?.parquet")));
        Assert.Equal(["d", "a", "e"], Found(Folder.Path));
        Assert.Equal(["d", "a", "e"], Found(Folder.File("**/*.parquet")));
        Assert.Equal(["d", "a", "e"], Found(Folder.File("**.parquet")));
        Assert.Equal(["d"], Names(Folder.File("*/?.parquet")));
        Assert.Equal(["._a"], Names(Folder.File("._a.parquet")));
        Assert.Equal(["_b"], Names(Folder.File("_*.parquet")));
        Assert.Equal(["x"], Names(Folder.File("_tmp*/*.parquet")));
        Assert.Equal(["x"], Names(Folder.File("_temporary/**/0/*.parquet")));
        Assert.Equal(["x"], Names(Folder.File(".hidden")));
    }

    [Fact]
    public void Rows_and_groups_are_counted()
    {
        new TestShard().Column("label", 0, 1, 0, 1, 0).Write(Folder.File("a.parquet"), 2);
        new TestShard().Column("label", 0, 1, 1).Write(Folder.File("b.parquet"), 2);
        ShardSet shards = ShardSet.Resolve([Folder.Path]);
        Assert.Equal(8, shards.Rows);
        Assert.Equal([(0, 0, 0L, 2), (0, 1, 2L, 2), (0, 2, 4L, 1), (1, 0, 0L, 2), (1, 1, 2L, 1)],
            shards.RowGroups.Select(g => (g.Shard, g.Group, g.FirstRow, g.Rows)));
    }

    [Fact]
    public void Nothing_found_is_a_usage_failure_naming_the_pattern()
    {
        Fails(ErrorKind.Usage, "nothing-*.parquet", Folder.File("nothing-*.parquet"));
        Fails(ErrorKind.Usage, "missing.parquet", Folder.File("missing.parquet"));
        Fails(ErrorKind.Usage, "no *.parquet", Folder.Path);
        Fails(ErrorKind.Usage, "no shards given");
    }

    [Fact]
    public void The_same_file_twice_is_refused()
    {
        string a = Write("a.parquet", 1);
        Fails(ErrorKind.Usage, "the same file", a, Folder.Path);
        File.CreateSymbolicLink(Folder.File("link.parquet"), a);
        Fails(ErrorKind.Usage, "the same file", Folder.Path);
        File.Delete(Folder.File("link.parquet"));
        File.Copy(a, Folder.File("copy.parquet"));
        Fails(ErrorKind.Data, "a copy of", Folder.Path);
    }

    [Fact]
    public void Text_and_cut_files_are_one_clear_line()
    {
        string text = Folder.File("text.parquet");
        File.WriteAllText(text, "label,user,item\n1,2,3\n4,5,6\n");
        Fails(ErrorKind.Data, "not a Parquet file", text);
        File.WriteAllText(text, "");
        Fails(ErrorKind.Data, "not a Parquet file", text);
        byte[] whole = File.ReadAllBytes(Write("whole.parquet", 1));
        File.WriteAllBytes(text, whole[..^10]);
        Fails(ErrorKind.Data, "incomplete", text);
        byte[] footer = [.. whole];
        BitConverter.GetBytes(int.MaxValue).CopyTo(footer, footer.Length - 8);
        File.WriteAllBytes(text, footer);
        Fails(ErrorKind.Data, "footer", text);
    }

    [Fact]
    public void Schemas_must_agree()
    {
        new TestShard().Column("label", 0, 1).Column("a", 1, 2).Column("c", 1, 2).Write(Folder.File("1.parquet"));
        string other = Folder.File("2.parquet");
        ShardSet With(TestShard shard)
        {
            shard.Write(other);
            return ShardSet.Resolve([Folder.Path]);
        }

        // Whether columns agree is seen where they are read.
        GpuCtrException retyped = Assert.Throws<GpuCtrException>(() => FeaturePlan.Infer(With(new TestShard().Column("label", 0, 1).Text("a", "x", "2").Column("c", 1, 2)), new FeatureOptions()));
        Assert.Equal(ErrorKind.Data, retyped.Kind);
        Assert.Contains($"column 'a' is int32 in {Folder.File("1.parquet")}, string in {other}; write the shards with one type, or leave the column out with --exclude a", retyped.Message);
        GpuCtrException missing = Assert.Throws<GpuCtrException>(() => FeaturePlan.Infer(With(new TestShard().Column("label", 0, 1).Column("b", 1, 2).Column("c", 1, 2)), new FeatureOptions { Categorical = ["a"] }));
        Assert.Equal(ErrorKind.Data, missing.Kind);
        Assert.Contains($"--categorical a: {other} has no such column, but {Folder.File("1.parquet")} has it", missing.Message);
        GpuCtrException label = Assert.Throws<GpuCtrException>(() => FeaturePlan.Infer(With(new TestShard().Column("a", 0, 1).Column("c", 1, 2)), new FeatureOptions()));
        Assert.Equal(ErrorKind.Data, label.Kind);
        Assert.Contains($"{other}: the label column 'label' is missing", label.Message);
        Assert.Equal(4, With(new TestShard().Column("label", 0, 1).Nullable<int>("a", 1, null).Column("c", 1, 2)).Rows);
    }

    [Fact]
    public void Shards_shared_with_another_set_are_found()
    {
        string a = Write("a.parquet", 1), b = Write("b.parquet", 2), copy = Folder.File("c.parquet");
        File.Copy(a, copy);
        Assert.Equal([(copy, a)], ShardSet.Resolve([copy]).SharedWith(ShardSet.Resolve([a, b])));
        Assert.Empty(ShardSet.Resolve([b]).SharedWith(ShardSet.Resolve([a])));
    }

    private string[] Names(params string[] patterns) =>
        [.. ShardSet.Resolve(patterns).Shards.Select(s => Path.GetFileNameWithoutExtension(s.Path))];

    private static string[] Found(string pattern) => [.. ShardPaths.Expand([pattern], new ShardStores([])).Shards.Select(s => Path.GetFileNameWithoutExtension(s.Source.Name))];

    private string Write(string name, int value)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Folder.File(name))!);
        return new TestShard().Column("label", 0, 1).Column("a", value, 3).Write(Folder.File(name));
    }

    private static GpuCtrException Fails(ErrorKind code, string text, params string[] patterns)
    {
        GpuCtrException failure = Assert.Throws<GpuCtrException>(() => ShardSet.Resolve(patterns));
        Assert.Equal(code, failure.Kind);
        Assert.Contains(text, failure.Message);
        Assert.DoesNotContain('\n', failure.Message);
        return failure;
    }
}
