using System.Text.Json;
using GpuCtr.Data;
using GpuCtr.Data.Features;
using GpuCtr.Data.Inspection;
using GpuCtr.Data.Parquet;
using GpuCtr.Data.Shards;
using GpuCtr.Data.Sources;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Engine.Tests.Data;

public sealed class InspectionTests : OwnFolder
{
    private const int Rows = 3000;

    [Fact]
    public void Values_are_counted()
    {
        ShardInspection found = Inspect(new TestShard()
            .Column("label", 0, 1, 1, 1)
            .Nullable<int>("a", 7, null, 7, 3)
            .Text("t", "x", "y", "x", null)
            .Nullable<double>("f", 1.5, -2, null, 4)
            .Lists<long>("tags", [1, 2], [], null, [1, 1, 5, null]));
        Assert.Equal((4, 0.75, 0), (found.Rows, found.LabelRate, found.BadLabels));
        ColumnProfile a = found.Columns[1], f = found.Columns[3], tags = found.Columns[4];
        Assert.Equal((1, 3, 2, true), (a.Nulls, a.Values, a.Distinct, a.DistinctIsExact));
        Assert.Equal([new ValueCount("7", 2), new ValueCount("3", 1)], a.Top);
        Assert.Equal(new NumberRange(-2, 3.5 / 3, 4), f.Range);
        Assert.Equal((1, 5, 3), (tags.Nulls, tags.Values, tags.Distinct));
        Assert.Equal((2, 1.5, 0, 4), (tags.Lengths!.Empty, tags.Lengths.Mean, tags.Lengths.Median, tags.Lengths.Longest));
        Assert.Equal(["label", "categorical", "categorical", "numeric", "pooled"], found.Columns.Select(c => c.Role));
    }

    [Fact]
    public void A_column_that_predicts_the_label_alone_is_a_leak_an_identity_is_none()
    {
        var random = new Random(1);
        int[] labels = [.. Enumerable.Range(0, Rows).Select(_ => random.Next(2))];
        ShardInspection found = Inspect(new TestShard()
            .Column("label", labels)
            .Column("row_id", [.. Enumerable.Range(0, Rows)])
            .Column("paid", [.. labels.Select(y => y * 100 + random.Next(50))])
            .Text("state", [.. labels.Select(y => y == 1 ? "bought" : "left")])
            .Nullable<float>("bought_at", [.. labels.Select(y => y == 1 ? (float?)random.NextSingle() : null)])
            .Column("noise", [.. labels.Select(_ => random.Next(10))]));
        Assert.Equal(["paid", "state", "bought_at"], found.Columns.Where(c => c.LabelAuc > 0.99).Select(c => c.Name));
        Assert.InRange(found.Columns[1].LabelAuc!.Value, 0.45, 0.56);
        Assert.InRange(found.Columns[5].LabelAuc!.Value, 0.45, 0.56);
        Assert.Equal(3, found.Problems.Count(p => p.Contains("alone predicts the label")));
        Assert.Single(found.Problems, p => p.Contains("'row_id'") && p.Contains("identifies rows"));
    }

    [Fact]
    public void Problems_are_told()
    {
        ShardInspection found = Inspect(new TestShard()
            .Column("label", 0, 1, 2, 0, 0)
            .Column("same", 4, 4, 4, 4, 4)
            .Nullable<int>("none", null, null, null, null, null)
            .Column("x", 1.0, double.NaN, 3, 1, 1));
        Assert.Equal(1, found.BadLabels);
        Assert.Equal((2, true), (found.RepeatedRows, found.RepeatedRowsAreExact));
        string all = string.Join('\n', found.Problems);
        Assert.All((string[])["neither 0 nor 1 in 1 rows", "2 rows (40", "'same' is always 4", "'none' is always null", "'x' is NaN or infinite in 1"], p => Assert.Contains(p, all));
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(300_000)]
    [InlineData(3_000_000)]
    public void Estimates_of_distinct_values_are_within_3_percent(int values)
    {
        var count = new HyperLogLog();
        for (int repeat = 0; repeat < 2; repeat++)
        {
            for (int i = 0; i < values; i++)
                count.Add(RandomBits.Mix((ulong)i * 977));
        }

        Assert.InRange(count.Count(), values * 0.97, values * 1.03);
    }

    [Fact]
    public void Threads_change_nothing()
    {
        string path = PlantedShards.Write(Folder.File("p.parquet"), 20_000, 3);
        string one = Run("inspect", path, "--json", "--threads", "1").Succeeded().Out, three = Run("inspect", path, "--json", "--threads", "3").Succeeded().Out;
        Assert.Equal(one, three);
        JsonElement json = JsonDocument.Parse(one).RootElement;
        Assert.Equal(20_000, json.GetProperty("rows").GetInt64());
        Assert.Equal("label", json.GetProperty("columns")[0].GetProperty("role").GetString());
    }

    [Fact]
    public void Lists_in_strings_are_told_about_as_lists_and_long_ones_as_cut()
    {
        ShardSet shards = ShardSet.Resolve([new TestShard().Column("label", 0, 1, 0, 1).Column("item", 1L, 2, 3, 4)
            .Text("past", "[1, 2]", "[]", "[1, 1, 5, None, 7]", "[2").Lists<long>("hist_item", [1], [1, 2, 3, 4], [1, 2, 3, 4, 5, 6], []).Write(Folder.File("s.parquet"))]);
        ShardInspection found = ShardInspection.Of(shards, FeaturePlan.Infer(shards, new FeatureOptions { History = ["past=item"], MaxHistory = 3 }), 2);
        ColumnProfile past = found.Columns[2], real = found.Columns[3];
        Assert.Equal((1, 6, 4), (past.Nulls, past.Values, past.Distinct));
        Assert.Equal(new ValueCount("1", 3), past.Top[0]);
        Assert.Equal((2, 5, 3, 1, 2), (past.Lengths!.Empty, past.Lengths.Longest, past.Lengths.Limit, past.Lengths.CutRows, past.Lengths.CutEntries));
        Assert.Equal((2, 4), (real.Lengths!.CutRows, real.Lengths.CutEntries));
        Assert.Single(found.Problems, p => p.StartsWith("column 'past' has no valid list in 1 rows, such as ") && p.Contains("s.parquet: row group 0, row 3: no list in brackets: '[2'"));
        Assert.Contains("50.0% of the rows are cut to --max-history 3", Run("inspect", Folder.File("s.parquet"), "--max-history", "3").Succeeded().Out.Replace(" %", "%"));
    }

    [Fact]
    public void Groups_of_rows_are_counted_and_lists_in_pieces_are_told()
    {
        new TestShard().Column("label", 0, 1, 0, 0, 0, 1).Column("a", 1, 2, 3, 4, 5, 6).Column("request", 7L, 7, 8, 9, 9, 9).Write(Folder.File("s.parquet"), groupRows: 4);
        CommandOutcome outcome = Run("inspect", Folder.File("s.parquet"), "--group-id", "request").Succeeded();
        Assert.Contains("groups: 3 values of 'request', rows each: mean 2.0, median 2, 99 % ≤ 3, most 3; 33.3 % have no label 1", outcome.Out);
        Assert.DoesNotContain("are not contiguous", outcome.Out);
        new TestShard().Column("label", 0, 1, 0, 0).Column("a", 1, 2, 3, 4).Nullable<long>("request", 7, null, 8, 7).Write(Folder.File("t.parquet"), groupRows: 2);
        Assert.DoesNotContain("groups: ", Run("inspect", Folder.File("t.parquet")).Succeeded().Out);
        outcome = Run("inspect", Folder.File("t.parquet"), "--group-id", "request").Succeeded();
        Assert.Contains($"the rows of a value of 'request' are not contiguous ({Folder.File("t.parquet")}: row group 1, row 3 starts another piece)", outcome.Out);
        Assert.Contains("'request' has no value in 1 rows", outcome.Out);
        // One value in two files is in pieces too.
        outcome = Run("inspect", Folder.File("s.parquet"), Folder.File("t.parquet"), "--group-id", "request", "--json").Succeeded();
        JsonElement groups = JsonDocument.Parse(outcome.Out).RootElement.GetProperty("groups");
        Assert.Equal((3, 4, 1), (groups.GetProperty("groups").GetInt32(), groups.GetProperty("most_rows").GetInt32(), groups.GetProperty("without_click").GetInt32()));
        Assert.Contains("t.parquet: row group 0, row 0", groups.GetProperty("in_pieces").GetString());
    }

    [Fact]
    public void Groups_of_a_broken_column_are_not_told()
    {
        string path = Folder.File("half.parquet");
        new TestShard().Column("label", 0, 1, 0, 1).Column("item", 1, 2, 3, 4).Column("request", 1L, 1, 2, 2).Write(path, groupRows: 2);
        BreakPages(path, "request", group: 1);
        CommandOutcome outcome = Run("inspect", path, "--group-id", "request");
        Assert.Contains("columns that cannot be read: request", outcome.ErrorLine);
        Assert.Contains("label 'label': rate 50.00", outcome.Out);
        Assert.DoesNotContain("groups: ", outcome.Out);
    }

    [Fact]
    public void A_log_is_told_by_its_users()
    {
        string path = new TestShard().Text("who", "a", "b", "a", "a", "c").Column("item", 1, 2, 3, 4, 5).Column("timestamp", 5, 4, 3, 2, 1).Write(Folder.File("log.parquet"));
        CommandOutcome outcome = Run("inspect", path, "--user", "who").Succeeded();
        Assert.Contains("log: 3 values of 'who', interactions each: mean 1.7, median 1, 99 % ≤ 3, most 3; 2 have fewer than three and only train", outcome.Out);
        Assert.Contains("a log of 'who', 'item' and 'timestamp'", outcome.Error);
        Assert.DoesNotContain("are not contiguous", outcome.Out);
    }

    [Fact]
    public void Shards_without_a_label_are_told_about_as_well()
    {
        string path = new TestShard().Column("a", 1, 2, 3).Write(Folder.File("a.parquet"));
        CommandOutcome outcome = Run("inspect", path).Succeeded();
        Assert.Contains("3 rows", outcome.Out);
        Assert.Contains("no roles", outcome.Error);
        Run("inspect", path, "--label", "b").FailedWith(ExitCode.Usage, "--label b");
    }

    [Fact]
    public void A_column_that_cannot_be_read_is_told_and_the_others_are_read()
    {
        string path = Folder.File("half.parquet");
        new TestShard().Column("label", 0, 1, 0, 1).Column("user", 1, 2, 3, 4).Text("broken", "a,b", "c", "d", "e").Column("item", 5, 6, 5, 6).Write(path, 2);
        BreakPages(path, "broken", group: 1);
        CommandOutcome outcome = Run("inspect", path, "--json");
        Assert.Equal(3, outcome.Code);
        Assert.Contains("training would stop at columns that cannot be read: broken; rewrite them, or leave them out with --exclude broken", outcome.ErrorLine);
        JsonElement[] columns = [.. JsonDocument.Parse(outcome.Out).RootElement.GetProperty("columns").EnumerateArray()];
        Assert.Equal(["label", "categorical", "", "categorical"], columns.Select(c => c.GetProperty("role").GetString()));
        Assert.Contains("row group 1, column 'broken'", columns[2].GetProperty("trouble").GetString());
        Assert.Equal(4, columns[1].GetProperty("distinct").GetInt32());
        Assert.Contains("problem: ", Run("inspect", path, "--exclude", "broken").Succeeded().Out);
        Run("train", path, "--out", Folder.File("run")).FailedWith(ExitCode.Data, "column 'broken'", "--exclude broken");
    }

    [Fact]
    public void A_broken_column_that_roles_depend_on_leaves_the_other_roles()
    {
        string path = Folder.File("half.parquet");
        new TestShard().Column("label", 0, 1, 0, 1).Column("item", 1, 2, 3, 4).Text("hist_item", "1,2", "3", "", "4").Write(path);
        BreakPages(path, "hist_item", group: 0);
        CommandOutcome outcome = Run("inspect", path, "--history", "hist_item");
        Assert.Equal(3, outcome.Code);
        Assert.Contains("columns that cannot be read: hist_item", outcome.ErrorLine);
        Assert.Contains("label 'label': rate 50.00", outcome.Out);
    }

    [Fact]
    public void A_broken_label_is_told_and_the_others_are_read()
    {
        string path = new TestShard().Column("label", 0, 1, 0, 1).Column("user", 1, 2, 3, 4).Write(Folder.File("half.parquet"));
        BreakPages(path, "label", group: 0);
        CommandOutcome outcome = Run("inspect", path);
        Assert.Equal(3, outcome.Code);
        Assert.Contains("rate not defined", outcome.Out);
        Assert.Contains("1 … 4", outcome.Out);
    }

    [Fact]
    public async Task A_column_whose_type_cannot_be_read_is_left_out_and_told()
    {
        string path = Folder.File("nested.parquet");
        await Parquet.Serialization.ParquetSerializer.SerializeAsync(
            Enumerable.Range(0, 8).Select(i => new NestedRow { label = i % 2, user = i, pair = new Pair { x = i }, pairs = new() { ["a"] = i } }), path);
        CommandOutcome outcome = Run("inspect", path).Succeeded();
        Assert.Contains("problem: column 'pair' is not used: type struct is not supported", outcome.Out);
        Assert.Contains("problem: column 'pairs' is not used: type map is", outcome.Out);
        Assert.Equal(2, outcome.Out.Split('\n').Count(line => line.StartsWith("problem: column 'pair", StringComparison.Ordinal)));
        ShardSet shards = ShardSet.Resolve([path]);
        GpuCtrException failure = Assert.Throws<GpuCtrException>(() => SecondReader.OurRows(shards.Shards[0], "pair"));
        Assert.Contains("its type struct is not supported", failure.Message);
        Assert.Contains("--exclude pair", failure.Message);
    }

    public sealed class NestedRow
    {
        public int label { get; set; }

        public Pair? pair { get; set; }

        public Dictionary<string, int>? pairs { get; set; }

        public int user { get; set; }
    }

    public sealed class Pair
    {
        public int x { get; set; }
    }

    /// <summary>Overwrites the stored bytes of a column in a row group.</summary>
    private static void BreakPages(string path, string column, int group)
    {
        byte[] file = File.ReadAllBytes(path);
        Footer footer = ShardFooter.Read(new FileSource(path));
        StoredChunk chunk = footer.Chunks(group)[footer.Layout(column)!.Leaf!.Index];
        long start = chunk.DictionaryPage > 0 ? Math.Min(chunk.DictionaryPage, chunk.DataPage) : chunk.DataPage;
        file.AsSpan((int)start, (int)chunk.CompressedBytes).Fill(0xFF);
        File.WriteAllBytes(path, file);
    }

    private ShardInspection Inspect(TestShard shard)
    {
        ShardSet shards = ShardSet.Resolve([shard.Write(Folder.File("s.parquet"))]);
        return ShardInspection.Of(shards, FeaturePlan.Infer(shards, new FeatureOptions()), 2);
    }
}
