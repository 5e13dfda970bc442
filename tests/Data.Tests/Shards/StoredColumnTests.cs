using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Data.Parquet;
using GpuCtr.Data.Shards;
using ParquetSharp;
using TimeUnit = ParquetSharp.TimeUnit;

namespace GpuCtr.Data.Tests.Shards;

/// <summary>Shards that store the same columns with different types, and the columns that result.</summary>
public sealed class StoredColumnTests : FittedShards
{
    [Fact]
    public void Integers_of_any_width_and_whole_doubles_are_one_column()
    {
        FeatureEncoder whole = Fit(Ids(s => s.Column<long>("a", 7, 7, 1, 0)), Ids(s => s.Nullable<long>("a", 7, null, 1, 1)));
        Same(whole, Ids(s => s.Column<long>("a", 7, 7, 1, 0)), Ids(s => s.Nullable<int>("a", 7, null, 1, 1)));
        Same(whole, Ids(s => s.Column("a", (byte)7, (byte)7, (byte)1, (byte)0)), Ids(s => s.Nullable<double>("a", 7, null, 1, 1)));
        Same(whole, Ids(s => s.Nullable<double>("a", 7, null, 1, 1)), Ids(s => s.Column<ulong>("a", 7, 7, 1, 0)));
        Same(whole, Ids(s => s.Column<long>("a", 7, 7, 1, 0)), Ids(s => s.Column<double>("a", 7, double.NaN, 1, 1)));
        Same(whole, Ids(s => s.Decimals("a", 18, 0, 7, 7, 1, 0)), Ids(s => s.Nullable<float>("a", 7, null, 1, 1)));
    }

    [Fact]
    public void Booleans_are_the_integers_0_and_1()
    {
        FeatureEncoder whole = Fit(Ids(s => s.Column("a", 1, 1, 0, 1)), Ids(s => s.Column("a", 0, 1, 1, 1)));
        Same(whole, Ids(s => s.Column("a", true, true, false, true)), Ids(s => s.Column<long>("a", 0, 1, 1, 1)));
    }

    [Fact]
    public void A_double_that_is_no_whole_number_among_integer_ids_is_named()
    {
        TestShard[] shards = [Ids(s => s.Column<long>("a", 7, 7, 1, 0)), Ids(s => s.Column<double>("a", 7, 2.5, 1, 1))];
        GpuCtrException failure = Assert.Throws<GpuCtrException>(() => Fit(shards));
        Assert.Equal(ErrorKind.Data, failure.Kind);
        Assert.Contains("1.parquet: row group 0, row 1, column 'a': 2.5 is not a whole number, as ids are", failure.Message);
        Assert.Contains("--numeric a", failure.Message);
        Assert.Contains("9007199254740994 is beyond 2⁵³", Assert.Throws<GpuCtrException>(() => Fit(shards[0], Ids(s => s.Column<double>("a", 7, 1, 1, 9007199254740994.0)))).Message);

        // As numbers they are one column; within --bad-rows the row is left out.
        Assert.Equal((7 + 7 + 1 + 0 + 7 + 2.5 + 1 + 1) / 8, Fit(new FeatureOptions { Numeric = ["a"] }, shards).State.Numeric[0].Mean, 1e-12);
        BadRowBudget one = BadRowBudget.Parse("1");
        FeatureEncoder encoder = Fit(new FeatureOptions { BadRows = one }, shards);
        Dataset data = new(Resolve(), encoder, new DatasetOptions { BadRows = one });
        data.Load([0, 1], default);
        Assert.Equal([("not an integer in a", 1L)], data.Statistics.BadRowsByReason.Select(r => (r.Key, (long)r.Value)));
        Assert.True(data.Statistics.IsBad(5));
    }

    [Fact]
    public void Floats_and_doubles_are_one_column_and_texts_as_well()
    {
        FeatureEncoder whole = Fit(Ids(s => s.Column<double>("a", 0.5, 1, 2, 3)), Ids(s => s.Column<double>("a", 4.0, 1, 2, 3)));
        Same(whole, Ids(s => s.Column<float>("a", 0.5f, 1, 2, 3)), Ids(s => s.Column<double>("a", 4.0, 1, 2, 3)));
        FeatureEncoder texts = Fit(Ids(s => s.Text("a", "x", "y", "x", null)), Ids(s => s.Text("a", "y", "x", "x", "z")));
        Same(texts, Ids(s => s.Text("a", "x", "y", "x", null)), Ids(s => s.Bytes("a", "y"u8.ToArray(), "x"u8.ToArray(), "x"u8.ToArray(), "z"u8.ToArray())));
    }

    [Fact]
    public void A_column_without_values_joins_any_type()
    {
        DateTime t = DateTime.UnixEpoch;
        Action<TestShard>[] kinds =
        [
            s => s.Text("a", "x", "y", "x", "z"), s => s.Column<long>("a", 7, 7, 1, 0), s => s.Column<double>("a", 0.5, 1, 2, 3), s => s.Column("a", t, t, t, t),
            s => s.Column<ulong>("a", ulong.MaxValue, 1, 2, 3), s => s.TextLists("a", ["x"], [], ["y", "x"], null), s => s.Lists<long>("a", [1], [], [2, 1], null),
        ];
        foreach (Action<TestShard> kind in kinds)
        {
            FeatureEncoder alone = Fit(Ids(kind));
            foreach (TestShard empty in new[] { Ids(s => s.Nullable<int>("a", null, null, null, null)), Ids(s => s.Nullable<double>("a", null, null, null, null)), Ids(s => s.Text("a", null, null, null, null)) })
            {
                foreach (bool first in new[] { true, false })
                {
                    FeatureEncoder joined = first ? Fit(empty, Ids(kind)) : Fit(Ids(kind), empty);
                    Assert.Equal(alone.State.Requests(), joined.State.Requests());
                    Assert.Equal(alone.Vocabularies.Select(v => v.Rows), joined.Vocabularies.Select(v => v.Rows));
                    new Dataset(Resolve(), joined).Load([0, 1], default);
                }
            }
        }
    }

    [Fact]
    public void Lists_of_integers_and_of_doubles_are_one_column()
    {
        static TestShard List(Action<TestShard> list) => Ids(s => { s.Column<long>("item", 1, 2, 3, 4); list(s); });
        FeatureEncoder whole = Fit(List(s => s.Lists<long>("hist_item", [1, null], [], [9, 1], null)), List(s => s.Lists<long>("hist_item", [9], [1], [], [])));
        Same(whole, List(s => s.Lists<long>("hist_item", [1, null], [], [9, 1], null)), List(s => s.Lists<int>("hist_item", [9], [1], [], [])));
        Same(whole, List(s => s.Lists<double>("hist_item", [1, double.NaN], [], [9, 1], null)), List(s => s.Lists<int>("hist_item", [9], [1], [], [])));
        Same(whole, List(s => s.Lists<double>("hist_item", [1, null], [], [9, 1], null)), List(s => s.Lists<double>("hist_item", [9], [1], [], [])));
    }

    [Fact]
    public void Columns_that_are_not_read_may_differ_or_lack()
    {
        TestShard first = Ids(s => s.Column("a", 1, 2, 3, 4).Column("b", 1, 2, 3, 4).Column("c", 1, 2, 3, 4)), second = Ids(s => s.Column("a", 1, 2, 3, 4).Text("b", "x", "y", "z", "x"));
        Write(first, second);
        FeaturePlan plan = FeaturePlan.Infer(Resolve(), new FeatureOptions { Exclude = ["b"] });
        Assert.Equal(["label", "a", "b"], plan.Columns.Select(c => c.Name));
        Assert.Equal($"column 'c' is left out: {Folder.File("1.parquet")} does not have it, {Folder.File("0.parquet")} has; write it into all shards, or --exclude c", Assert.Single(plan.Warnings));
        Assert.Empty(FeaturePlan.Infer(Resolve(), new FeatureOptions { Exclude = ["b", "c"] }).Warnings);
        FeatureEncoder encoder = FeatureEncoder.Fit(Resolve(), plan);
        new Dataset(Resolve(), encoder).Load([0, 1], default);
    }

    [Fact]
    public void Types_that_are_not_one_are_refused()
    {
        DateTime t = new(2024, 1, 1);
        Refused("date in", "timestamp in", s => s.Dates("a", t, t, t, t), s => s.Column("a", t, t, t, t));
        Refused("string in", "int64 in", s => s.Text("a", "1", "2", "3", "4"), s => s.Column<long>("a", 1, 2, 3, 4));
        Refused("list<int64> in", "int64 in", s => s.Lists<long>("a", [1], [2], [3], [4]), s => s.Column<long>("a", 1, 2, 3, 4));
        Refused("timestamp in", "double in", s => s.Column("a", t, t, t, t), s => s.Column<double>("a", 1.0, 2, 3, 4));
    }

    [Fact]
    public void Times_of_day_in_two_units_are_not_one()
    {
        void Times(int index, TimeUnit unit)
        {
            using LogicalType type = LogicalType.Time(true, unit);
            Column[] columns = [new Column<int>("label"), new Column<TimeSpan>("at", type)];
            using ParquetFileWriter file = new(Folder.File($"{index}.parquet"), columns);
            using RowGroupWriter group = file.AppendRowGroup();
            using (LogicalColumnWriter<int> label = group.NextColumn().LogicalWriter<int>())
                label.WriteBatch([0, 1]);
            using (LogicalColumnWriter<TimeSpan> at = group.NextColumn().LogicalWriter<TimeSpan>())
                at.WriteBatch([TimeSpan.FromHours(index), TimeSpan.FromHours(2)]);
            file.Close();
        }

        Times(0, TimeUnit.Millis);
        Times(1, TimeUnit.Millis);
        Assert.Equal("time(ms)", Resolve().Column("at")!.TypeName);
        Times(1, TimeUnit.Micros);
        Assert.Contains("time(ms) in", Assert.Throws<GpuCtrException>(() => FeaturePlan.Infer(Resolve(), new FeatureOptions())).Message);
    }

    private void Refused(string one, string other, Action<TestShard> first, Action<TestShard> second)
    {
        GpuCtrException failure = Assert.Throws<GpuCtrException>(() => Fit(Ids(first), Ids(second)));
        Assert.Equal(ErrorKind.Data, failure.Kind);
        Assert.Contains(one, failure.Message);
        Assert.Contains(other, failure.Message);
        Assert.Contains("--exclude a", failure.Message);
    }
}
