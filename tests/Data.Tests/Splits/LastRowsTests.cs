using GpuCtr.Data.Shards;
using GpuCtr.Data.Splits;

namespace GpuCtr.Data.Tests.Splits;

/// <summary>Splits by the order of a column, on shards whose rows are out of order.</summary>
[Trait("Speed", "Fast")]
public sealed class LastRowsTests : OwnFolder
{
    private const int GroupRows = 7;

    private static readonly DateTime epoch = new(1970, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>Whole seconds of 20 days of 2014, out of order, each several times.</summary>
    private static long[] Seconds(int rows, int different) =>
        [.. Enumerable.Range(0, rows).Select(r => 1_413_800_000L + 86_400 * (r * 37 % different))];

    [Theory]
    [InlineData("time:10%", 0.1)]
    [InlineData("time:33.3%", 0.333)]
    [InlineData("time:0.1%", 0.001)]
    [InlineData("time:99%", 0.99)]
    public void A_share_takes_the_largest_values_and_keeps_equal_ones_together(string last, double share)
    {
        foreach (int different in new[] { 2, 20, 200 })
        {
            long[] seconds = Seconds(200, different);
            ShardSet shards = Write("time", (s, t) => s.Column("time", t), seconds);
            // At most the share; if the last value alone has more rows, all of that value.
            long[] values = [.. seconds.Distinct().OrderDescending()];
            long cut = values.LastOrDefault(v => seconds.Count(t => t >= v) <= share * seconds.Length, values[0]);
            Assert.Equal(seconds.Select(t => t >= cut), Sides(shards, last).Select(s => s == RowSide.Valid));
        }
    }

    [Fact]
    public void Keys_far_apart_are_cut_where_sorting_cuts_them()
    {
        Random random = new(3);
        for (int trial = 0; trial < 12; trial++)
        {
            ulong[] keys = [.. Enumerable.Range(0, 300).Select(_ => (ulong)random.NextInt64(long.MinValue, long.MaxValue) & (trial % 3 == 0 ? 3UL << 62 : trial % 3 == 1 ? 0xFFFFUL : ulong.MaxValue))];
            foreach (int most in new[] { 0, 1, 30, 299, 300, 1000 })
            {
                ulong[] down = [.. keys.Distinct().OrderDescending()];
                ulong expected = down.LastOrDefault(k => keys.Count(o => o >= k) <= most, down[0]);
                Assert.Equal(expected, KeyCut.Find(each => Parallel.ForEach(keys.Chunk(50), chunk => each(chunk)), most));
            }
        }

        Assert.Null(KeyCut.Find(_ => { }, 10));
    }

    public static TheoryData<string, string, string> Types => new()
    {
        { "int64", "1414368000", "1414404800" }, { "int32", "1414368000", "1414404800" }, { "uint64", "1414368000", "1414404800" }, { "double", "1414368000", "1414404800" },
        { "millis", "2014-10-27", "1414404800000" }, { "int64", "2014-10-27", "1414404800" }, { "double", "2014-10-27", "1414404800" },
        { "timestamp", "2014-10-27", "2014-10-27T10:13:20" }, { "timestamp", "2014-10-27T02:00:00+02:00", "2014-10-27T10:13:20" }, { "date", "2014-10-27", "2014-10-27T00:00:00" },
        { "text", "2014-10-27", "2014-10-27T10:13:20" }, { "text", "20141027", "2014-10-27T10:13:20" }, { "days", "2014-10-27 00:00", "2014-10-27T00:00:00" },
    };

    [Theory]
    [MemberData(nameof(Types))]
    public void Times_of_every_type_are_cut_at_a_date(string type, string from, string told)
    {
        long[] seconds = Seconds(100, 20);
        DateTime[] dates = [.. seconds.Select(s => epoch.AddSeconds(s))];
        ShardSet shards = Write("t", (s, part) =>
        {
            DateTime[] times = [.. part.Select(p => epoch.AddSeconds(p))];
            return type switch
            {
                "int64" => s.Column("t", part),
                "int32" => s.Column("t", [.. part.Select(p => (int)p)]),
                "uint64" => s.Column("t", [.. part.Select(p => (ulong)p)]),
                "double" => s.Column("t", [.. part.Select(p => (double)p)]),
                "millis" => s.Column("t", [.. part.Select(p => 1000 * p)]),
                "timestamp" => s.Column("t", times),
                "date" => s.Dates("t", times),
                "days" => s.Text("t", [.. times.Select(t => t.ToString("yyyy-MM-dd"))]),
                _ => s.Text("t", [.. times.Select((t, i) => t.ToString(i % 2 == 0 ? "yyyy-MM-dd HH:mm:ss" : "yyyy-MM-ddTHH:mm:ss.fffZ"))]),
            };
        }, seconds);
        SideTable sides = new(shards, 2);
        sides.TakeLast(RowSide.Valid, LastRows.Parse($"t:{from}"), "--valid-last");
        Assert.Equal(dates.Select(d => d >= new DateTime(2014, 10, 27)), Sides(shards, sides).Select(s => s == RowSide.Valid));
        // The note names the first value that validates, or the one that was asked for.
        SideTable share = new(shards, 2);
        share.TakeLast(RowSide.Valid, LastRows.Parse("t:65%"), "--valid-last");
        Assert.Equal($"65 rows with t from {told} on validate", Assert.Single(share.Notes));
    }

    [Fact]
    public void Numbers_of_32_bits_are_read_and_told_as_people_write_them()
    {
        ShardSet shards = Write("x", (s, part) => s.Column("x", [.. part.Select(p => p / 10f)]), [.. Enumerable.Range(-5, 20).Select(i => (long)i)]);
        SideTable sides = new(shards, 2);
        sides.TakeLast(RowSide.Valid, LastRows.Parse("x:0.7"), "--valid-last");
        Assert.Equal("8 rows with x from 0.7 on validate", Assert.Single(sides.Notes));
        SideTable negative = new(shards, 2);
        negative.TakeLast(RowSide.Valid, LastRows.Parse("x:-0.3"), "--valid-last");
        Assert.Equal("18 rows with x from -0.3 on validate", Assert.Single(negative.Notes));
    }

    [Fact]
    public void Rows_without_a_value_train_and_are_told()
    {
        long?[] times = [5, null, 9, 1, null, 9, 3, 7, 2, null];
        string path = new TestShard().Nullable("t", times).Write(Folder.File("nulls.parquet"), 4);
        SideTable sides = new(ShardSet.Resolve([path]), 2);
        sides.TakeLast(RowSide.Valid, LastRows.Parse("t:30%"), "--valid-last");
        Assert.Equal(times.Select(t => t >= 7), Sides(ShardSet.Resolve([path]), sides).Select(s => s == RowSide.Valid));
        Assert.Equal("3 rows with t from 7 on validate; 3 without a value train", Assert.Single(sides.Notes));
        // NaN has no place in an order.
        string nan = new TestShard().Column("t", double.NaN, 1.0, 2.0, double.NegativeInfinity).Write(Folder.File("nan.parquet"));
        SideTable real = new(ShardSet.Resolve([nan]), 2);
        real.TakeLast(RowSide.Valid, LastRows.Parse("t:25%"), "--valid-last");
        Assert.Equal("1 rows with t from 2 on validate; 1 without a value train", Assert.Single(real.Notes));
    }

    [Fact]
    public void Test_rows_are_the_last_and_validation_rows_those_before_them()
    {
        long[] seconds = Seconds(200, 200);
        ShardSet shards = Write("time", (s, t) => s.Column("time", t), seconds);
        SideTable sides = new(shards, 2);
        sides.TakeLast(RowSide.Test, LastRows.Parse("time:10%"), "--test-last");
        sides.TakeLast(RowSide.Valid, LastRows.Parse("time:20%"), "--valid-last");
        RowSide[] found = Sides(shards, sides);
        long[] Times(RowSide side) => [.. seconds.Where((_, r) => found[r] == side)];
        Assert.Equal((20, 40, 140), (Times(RowSide.Test).Length, Times(RowSide.Valid).Length, Times(RowSide.Train).Length));
        Assert.True(Times(RowSide.Test).Min() > Times(RowSide.Valid).Max() && Times(RowSide.Valid).Min() > Times(RowSide.Train).Max());
        Assert.Equal((20L, 40L, 140L), (sides.Rows(RowSide.Test)!.Value, sides.Rows(RowSide.Valid)!.Value, sides.Rows(RowSide.Train)!.Value));
    }

    [Fact]
    public void What_cannot_be_divided_is_told()
    {
        ShardSet shards = Write("time", (s, t) => s.Column("time", t).Text("word", [.. t.Select(_ => "soon")]).Column("same", new int[t.Length]).Lists<long>("list", [.. t.Select(_ => new long?[] { 1 })]).Nullable<long>("none", new long?[t.Length]), Seconds(20, 20));
        string Failure(ErrorKind kind, string last)
        {
            GpuCtrException e = Assert.Throws<GpuCtrException>(() => Sides(shards, last));
            Assert.Equal(kind, e.Kind);
            return e.Message;
        }

        Assert.StartsWith("--valid-last tiem: not every shard has this column", Failure(ErrorKind.Usage, "tiem:10%"), StringComparison.Ordinal);
        Assert.Equal("--valid-last list: its type is list<int64>; rows can be ordered by a time, a number or a date", Failure(ErrorKind.Usage, "list:10%"));
        Assert.Matches(@"a\.parquet: row group 0, row 0, column 'word': 'soon' is not a date, such as 2014-10-28 or 2014-10-28T09:30:00, and rows are ordered by it", Failure(ErrorKind.Data, "word:10%"));
        Assert.Equal("--valid-last time:tomorrow: neither a share, such as 10%, nor a number or a date, such as 2014-10-28", Failure(ErrorKind.Usage, "time:tomorrow"));
        Assert.Equal("--valid-last time:09:30: neither a share, such as 10%, nor a number or a date, such as 2014-10-28", Failure(ErrorKind.Usage, "time:09:30"));
        Assert.Equal("--valid-last time:2020-01-01: no rows would validate; the last value of 'time' is 1415441600, so name an earlier one", Failure(ErrorKind.Data, "time:2020-01-01"));
        Assert.Equal("--valid-last time:2010-01-01: no rows would be left to train on; name a later value", Failure(ErrorKind.Data, "time:2010-01-01"));
        Assert.Equal("--valid-last same:10%: no rows would be left to train on; rows with equal values in 'same' stay together, so name a column with more values or a smaller share", Failure(ErrorKind.Data, "same:10%"));
        Assert.Equal("--valid-last none:10%: no row has a value in 'none'", Failure(ErrorKind.Data, "none:10%"));
    }

    [Theory]
    [InlineData("time:10%", "time", 0.1, null)]
    [InlineData("time:2014-10-28T09:30:00", "time", null, "2014-10-28T09:30:00")]
    [InlineData("\"a:b\":7", "a:b", null, "7")]
    [InlineData("\"a\"\"b\":2.5%", "a\"b", 0.025, null)]
    public void What_is_typed_is_written_again(string typed, string column, double? share, string? from)
    {
        LastRows last = LastRows.Parse(typed);
        Assert.Equal(new LastRows(column, share, from), last);
        Assert.Equal(typed, last.ToString());
    }

    [Theory]
    [InlineData("time")]
    [InlineData("time:")]
    [InlineData(":10%")]
    [InlineData("time:0%")]
    [InlineData("time:100%")]
    [InlineData("time:x%")]
    [InlineData("time:NaN%")]
    public void What_is_no_share_and_no_value_is_refused(string typed) => Assert.Throws<FormatException>(() => LastRows.Parse(typed));

    /// <summary>Two shards of row groups of 7 rows.</summary>
    private ShardSet Write(string name, Func<TestShard, long[], TestShard> column, long[] values)
    {
        int half = values.Length * 3 / 5;
        string folder = Directory.CreateDirectory(Folder.File($"{name}{Guid.NewGuid():N}")).FullName;
        column(new TestShard(), values[..half]).Write(Path.Combine(folder, "a.parquet"), GroupRows);
        column(new TestShard(), values[half..]).Write(Path.Combine(folder, "b.parquet"), GroupRows);
        return ShardSet.Resolve([folder]);
    }

    private static RowSide[] Sides(ShardSet shards, string last)
    {
        SideTable sides = new(shards, 2);
        sides.TakeLast(RowSide.Valid, LastRows.Parse(last), "--valid-last");
        return Sides(shards, sides);
    }

    private static RowSide[] Sides(ShardSet shards, RowSplit sides) => [.. shards.RowGroups.SelectMany(group => SideOfRows.In(sides, group))];
}
