using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Tests.Shards;

[Trait("Speed", "Fast")]
public sealed class ShardSetTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Folders_globs_and_files_are_sorted()
    {
        foreach (string name in (string[])["b", "a", "c"])
            Write(name + ".parquet", name[0]);
        Directory.CreateDirectory(folder.File("deep/er"));
        Write("deep/er/d.parquet", 9);
        Assert.Equal(["a", "b", "c"], Names(folder.Path));
        Assert.Equal(["a", "b", "c"], Names(folder.File("*.parquet")));
        Assert.Equal(["b"], Names(folder.File("[b].parquet".Replace("[b]", "b"))));
        Assert.Equal(["a", "b", "c"], Names(folder.File("?.parquet")));
        Assert.Equal(["a", "b", "c", "d"], Names(folder.File("**/*.parquet")));
        Assert.Equal(["d"], Names(folder.File("deep/*/*.parquet")));
        Assert.Equal(["a", "c"], Names(folder.File("c.parquet"), folder.File("a.parquet")));
    }

    [Fact]
    public void Names_that_begin_with_an_underscore_or_a_dot_are_no_data_unless_they_are_named()
    {
        foreach (string hidden in (string[])["_temporary/0/x.parquet", "_tmp.1/x.parquet", ".hidden/x.parquet", "._a.parquet", "_b.parquet", "day=1/_c.parquet", "_temporary/day=1/x.parquet"])
            Write(hidden, 7);
        Fails(ErrorKind.Usage, "the folder has no *.parquet file; name a folder with shards, or the files themselves; 3 file(s) whose names", folder.Path);
        Fails(ErrorKind.Usage, "7 file(s) whose names, or whose folders' names, begin with _ or . were left out", folder.File("**/*.parquet"));
        File.WriteAllText(folder.File("_SUCCESS"), "");
        File.WriteAllText(folder.File(".a.parquet.crc"), "crc");
        Write("a.parquet", 1);
        Write("_day=1/d.parquet", 2);
        Write("day=2/_hour=3/e.parquet", 3);
        Assert.Equal(["a"], Names(folder.File("*")));
        Assert.Equal(["a"], Names(folder.File("?.parquet")));
        Assert.Equal(["d", "a", "e"], Found(folder.Path));
        Assert.Equal(["d", "a", "e"], Found(folder.File("**/*.parquet")));
        Assert.Equal(["d", "a", "e"], Found(folder.File("**.parquet")));
        Assert.Equal(["d"], Names(folder.File("*/?.parquet")));
        Assert.Equal(["._a"], Names(folder.File("._a.parquet")));
        Assert.Equal(["_b"], Names(folder.File("_*.parquet")));
        Assert.Equal(["x"], Names(folder.File("_tmp*/*.parquet")));
        Assert.Equal(["x"], Names(folder.File("_temporary/**/0/*.parquet")));
        Assert.Equal(["x"], Names(folder.File(".hidden")));
    }

    [Fact]
    public void Rows_and_groups_are_counted()
    {
        new TestShard().Column("label", 0, 1, 0, 1, 0).Write(folder.File("a.parquet"), 2);
        new TestShard().Column("label", 0, 1, 1).Write(folder.File("b.parquet"), 2);
        ShardSet shards = ShardSet.Resolve([folder.Path]);
        Assert.Equal(8, shards.Rows);
        Assert.Equal([(0, 0, 0L, 2), (0, 1, 2L, 2), (0, 2, 4L, 1), (1, 0, 0L, 2), (1, 1, 2L, 1)],
            shards.RowGroups.Select(g => (g.Shard, g.Group, g.FirstRow, g.Rows)));
    }

    [Fact]
    public void Nothing_found_is_a_usage_failure_naming_the_pattern()
    {
        Fails(ErrorKind.Usage, "nothing-*.parquet", folder.File("nothing-*.parquet"));
        Fails(ErrorKind.Usage, "missing.parquet", folder.File("missing.parquet"));
        Fails(ErrorKind.Usage, "no *.parquet", folder.Path);
        Fails(ErrorKind.Usage, "no shards given");
    }

    [Fact]
    public void The_same_file_twice_is_refused()
    {
        string a = Write("a.parquet", 1);
        Fails(ErrorKind.Usage, "the same file", a, folder.Path);
        File.CreateSymbolicLink(folder.File("link.parquet"), a);
        Fails(ErrorKind.Usage, "the same file", folder.Path);
        File.Delete(folder.File("link.parquet"));
        File.Copy(a, folder.File("copy.parquet"));
        Fails(ErrorKind.Data, "a copy of", folder.Path);
    }

    [Fact]
    public void Text_and_cut_files_are_one_clear_line()
    {
        string text = folder.File("text.parquet");
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
        new TestShard().Column("label", 0, 1).Column("a", 1, 2).Column("c", 1, 2).Write(folder.File("1.parquet"));
        string other = folder.File("2.parquet");
        ShardSet With(TestShard shard)
        {
            shard.Write(other);
            return ShardSet.Resolve([folder.Path]);
        }

        // Whether columns agree is seen where they are read.
        GpuCtrException retyped = Assert.Throws<GpuCtrException>(() => FeaturePlan.Infer(With(new TestShard().Column("label", 0, 1).Text("a", "x", "2").Column("c", 1, 2)), new FeatureOptions()));
        Assert.Equal(ErrorKind.Data, retyped.Kind);
        Assert.Contains($"column 'a' is int32 in {folder.File("1.parquet")}, string in {other}; write the shards with one type, or leave the column out with --exclude a", retyped.Message);
        GpuCtrException missing = Assert.Throws<GpuCtrException>(() => FeaturePlan.Infer(With(new TestShard().Column("label", 0, 1).Column("b", 1, 2).Column("c", 1, 2)), new FeatureOptions { Categorical = ["a"] }));
        Assert.Equal(ErrorKind.Data, missing.Kind);
        Assert.Contains($"--categorical a: {other} has no such column, {folder.File("1.parquet")} has it", missing.Message);
        GpuCtrException label = Assert.Throws<GpuCtrException>(() => FeaturePlan.Infer(With(new TestShard().Column("a", 0, 1).Column("c", 1, 2)), new FeatureOptions()));
        Assert.Equal(ErrorKind.Data, label.Kind);
        Assert.Contains($"{other}: the label column 'label' is missing", label.Message);
        Assert.Equal(4, With(new TestShard().Column("label", 0, 1).Nullable<int>("a", 1, null).Column("c", 1, 2)).Rows);
    }

    [Fact]
    public void Shards_shared_with_another_set_are_found()
    {
        string a = Write("a.parquet", 1), b = Write("b.parquet", 2), copy = folder.File("c.parquet");
        File.Copy(a, copy);
        Assert.Equal([(copy, a)], ShardSet.Resolve([copy]).SharedWith(ShardSet.Resolve([a, b])));
        Assert.Empty(ShardSet.Resolve([b]).SharedWith(ShardSet.Resolve([a])));
    }

    private string[] Names(params string[] patterns) =>
        [.. ShardSet.Resolve(patterns).Shards.Select(s => Path.GetFileNameWithoutExtension(s.Path))];

    private static string[] Found(string pattern) => [.. ShardPaths.Expand([pattern]).Shards.Select(s => Path.GetFileNameWithoutExtension(s.Source.Name))];

    private string Write(string name, int value)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(folder.File(name))!);
        return new TestShard().Column("label", 0, 1).Column("a", value, 3).Write(folder.File(name));
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
