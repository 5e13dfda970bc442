using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Data.Inspection;
using GpuCtr.Data.Parquet;
using GpuCtr.Data.Shards;
using ParquetSharp;
using ParquetSharp.Schema;

namespace GpuCtr.Data.Tests.Shards;

/// <summary>Types beyond plain numbers and strings: what their values become, and which fields they make.</summary>
[Trait("Speed", "Fast")]
public sealed class ColumnTypeTests : OwnFolder
{
    [Fact]
    public void Times_are_what_they_are_in_the_file()
    {
        DateTime[] times = [new(2024, 2, 29, 23, 59, 59, DateTimeKind.Utc), new(1969, 12, 31, 22, 0, 0, DateTimeKind.Utc)];
        Shard shard = Open(new TestShard().Column("at", times).Dates("day", times[0].Date, times[1].Date));
        Assert.Equal([("timestamp", ValueKind.Time), ("date", ValueKind.Time)], shard.Columns.Select(c => (c.TypeName, c.Kind)));
        Assert.Equal(times.Select(SecondReader.Time), SecondReader.OurRows(shard, "at"));
        Assert.Equal(times.Select(t => SecondReader.Time(t.Date)), SecondReader.OurRows(shard, "day"));
    }

    [Theory]
    [InlineData("2024-02-29T23:59:59", 23, 4)]
    [InlineData("1969-12-31T22:00:00", 22, 3)]
    [InlineData("1970-01-01T00:00:00", 0, 4)]
    [InlineData("1700-03-07T05:30:00", 5, 0)]
    public void Hour_and_weekday_are_those_of_the_calendar(string text, int hour, int weekday)
    {
        var time = DateTime.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
        long ticks = time.Ticks - DateTime.UnixEpoch.Ticks;
        foreach (StoredTimeUnit unit in new[] { StoredTimeUnit.Ticks, StoredTimeUnit.Microseconds, StoredTimeUnit.Milliseconds })
        {
            long at = ticks / ((long)StoredTimeUnit.Ticks / (long)unit);
            Assert.Equal((hour, weekday), ((int)TimeFields.Hour(at, unit), (int)TimeFields.Weekday(at, unit)));
            Assert.Equal(text, TimeFields.Text(at, unit));
        }

        Assert.Equal((int)time.DayOfWeek, weekday);
    }

    [Fact]
    public void A_time_is_two_categorical_fields_a_date_one()
    {
        FeatureEncoder encoder = Fit(new FeatureOptions());
        Assert.Equal(["at:hour", "at:weekday", "day:weekday"], encoder.Spec.Categorical.Select(c => c.Name));
        VocabularyTable hours = encoder.Vocabularies[0];
        EncodedBlock block = new Dataset(ShardSet.Resolve([Folder.File("s.parquet")]), encoder).Load([0], default)[0];
        Assert.Equal(["7", "7", "8", "(null)"], Enumerable.Range(0, 4).Select(r => hours.Describe(block.TableRows[3 * r])));
        encoder.Save(Folder.File("saved"));
        Assert.Equal(encoder.Spec.Categorical.Select(c => c.Name), FeatureEncoder.Load(Folder.File("saved")).Spec.Categorical.Select(c => c.Name));
    }

    [Fact]
    public void A_time_can_be_a_number_of_seconds()
    {
        FeatureEncoder encoder = Fit(new FeatureOptions { Numeric = ["at"], NumericTransforms = ["none"], Exclude = ["day"] });
        EncodedBlock block = new Dataset(ShardSet.Resolve([Folder.File("s.parquet")]), encoder).Load([0], default)[0];
        Assert.Equal(["at", "at_missing"], encoder.Spec.Numeric);
        // Seconds since 1970 are more than a float holds exactly: an hour is 3600 to within its 128-second steps.
        Assert.InRange(block.Numeric[4] - block.Numeric[0], 3600 - 128, 3600 + 128);
        Assert.Equal([0f, 1f], [block.Numeric[1], block.Numeric[7]]);
        GpuCtrException failure = Assert.Throws<GpuCtrException>(() => encoder.Check(ShardSet.Resolve(
            [new TestShard().Column("label", 0, 1).Column("at", 1L, 2L).Write(Folder.File("other.parquet"))])));
        Assert.Contains("a date or timestamp", failure.Message);
    }

    [Fact]
    public void Decimals_without_places_are_integers_others_reals()
    {
        Shard shard = Open(new TestShard().Decimals("id", 18, 0, 123456789012345678m, -1m).Decimals("price", 9, 2, 12.34m, -0.01m));
        Assert.Equal([("decimal(18,0)", ValueKind.Integer), ("decimal(9,2)", ValueKind.Real)], shard.Columns.Select(c => (c.TypeName, c.Kind)));
        Assert.Equal(["123456789012345678", "-1"], SecondReader.OurRows(shard, "id"));
        Assert.Equal(["12.34", "-0.01"], SecondReader.OurRows(shard, "price"));
    }

    [Fact]
    public void Decimals_of_more_digits_than_64_bits_have_are_text()
    {
        Shard shard = Open(new TestShard().Decimals("id", 22, 0, 9223372036854775808m, -7m, 0m));
        Assert.Equal(("decimal(22,0)", ValueKind.Text), (shard.Columns[0].TypeName, shard.Columns[0].Kind));
        Assert.Equal(["'9223372036854775808'", "'-7'", "'0'"], SecondReader.OurRows(shard, "id"));
    }

    [Fact]
    public void Decimals_that_are_text_are_ids_numbers_and_labels()
    {
        string path = new TestShard().Decimals("label", 38, 0, 0, 1, 1, 0).Decimals("id", 20, 0, 3, 7, 3, 18446744073709551615m).Decimals("amount", 38, 0, 10, 20, 30, 40).Write(Folder.File("s.parquet"));
        ShardSet shards = ShardSet.Resolve([path]);
        FeatureEncoder encoder = FeatureEncoder.Fit(shards, FeaturePlan.Infer(shards, new FeatureOptions { Numeric = ["amount"], NumericTransforms = ["none"] }));
        Assert.Equal((4L, 0.5), (encoder.TrainRows, encoder.LabelRate));
        Assert.Equal(["3", "18446744073709551615", "7"], Enumerable.Range(2, 3).Select(encoder.Vocabularies[0].Describe));
        EncodedBlock block = new Dataset(shards, encoder).Load([0], default)[0];
        Assert.Equal([10f, 20f, 30f, 40f], block.Numeric[..4]);
        Assert.Equal([0f, 1f, 1f, 0f], block.Labels[..4]);
        Assert.Equal(0, ShardInspection.Of(shards, FeaturePlan.Infer(shards, new FeatureOptions()), 1).BadLabels);
    }

    [Theory]
    [InlineData(1L, 1, 0.1)]
    [InlineData(9007199254740993L, 0, 9007199254740992.0)]
    [InlineData(9007199254740993L, 3, 9007199254740.993)]
    [InlineData(long.MinValue, 18, -9.223372036854775808)]
    [InlineData(5L, 400, 0.0)]
    [InlineData(5L, -3, 5000.0)]
    public void Decimals_are_rounded_to_the_nearest_double(long digits, int places, double expected)
    {
        byte[] bytes = new System.Numerics.BigInteger(digits).ToByteArray(isBigEndian: true);
        Assert.Equal((expected, expected), (Decimals.Real(digits, places), Decimals.Real([.. Enumerable.Repeat((byte)(digits < 0 ? 255 : 0), 9), .. bytes], places)));
    }

    [Theory]
    [InlineData(long.MaxValue, StoredTimeUnit.Milliseconds, 7, 0, "+292278994-08-17T07:12:55")]
    [InlineData(long.MinValue, StoredTimeUnit.Milliseconds, 16, 0, "-292275055-05-16T16:47:04")]
    [InlineData(long.MaxValue, StoredTimeUnit.Nanoseconds, 23, 5, "2262-04-11T23:47:16")]
    [InlineData(-62_167_219_200_001, StoredTimeUnit.Milliseconds, 23, 5, "-0001-12-31T23:59:59")]
    [InlineData(int.MaxValue, StoredTimeUnit.Days, 0, 5, "+5881580-07-11T00:00:00")]
    [InlineData(int.MinValue, StoredTimeUnit.Days, 0, 2, "-5877641-06-23T00:00:00")]
    public void Any_time_has_its_hour_and_weekday(long time, StoredTimeUnit unit, int hour, int weekday, string text) =>
        Assert.Equal((hour, weekday, text), ((int)TimeFields.Hour(time, unit), (int)TimeFields.Weekday(time, unit), TimeFields.Text(time, unit)));

    [Fact]
    public void Bytes_that_are_no_text_stay_apart()
    {
        Shard shard = Open(new TestShard().Bytes("key", [0xC3, 0x28], [0xC3, 0x29], "ü"u8.ToArray(), null));
        Assert.Equal([@"'\xc328'", @"'\xc329'", "'ü'", "null"], SecondReader.OurRows(shard, "key"));
    }

    [Fact]
    public void Uuids_are_text()
    {
        var id = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff");
        Assert.Equal([$"'{id}'"], SecondReader.OurRows(Open(new TestShard().Column("id", id)), "id"));
    }

    /// <summary>As old Avro and Hive writers store lists: the repeated field is the element.</summary>
    [Fact]
    public void Lists_of_two_levels_are_lists()
    {
        string path = Folder.File("two.parquet");
        using (var element = new PrimitiveNode("array", Repetition.Repeated, LogicalType.None(), PhysicalType.Int64))
        using (var list = new GroupNode("hist", Repetition.Optional, [element], LogicalType.List()))
        using (var root = new GroupNode("schema", Repetition.Required, [list]))
        using (WriterProperties properties = WriterProperties.GetDefaultWriterProperties())
        using (var file = new ParquetFileWriter(path, root, properties))
        {
            using (RowGroupWriter group = file.AppendRowGroup())
            using (var column = (ColumnWriter<long>)group.NextColumn())
                column.WriteBatch(5, [2, 2, 1, 0, 2], [0, 1, 0, 0, 0], [7L, 8L, 9L]);
            file.Close();
        }

        Shard shard = Shard.Open(path, 0);
        Assert.Equal(("list<int64>", true), (shard.Columns[0].TypeName, shard.Columns[0].IsList));
        Assert.Equal(["[7,8]", "[]", "[]", "[9]"], SecondReader.OurRows(shard, "hist"));
    }

    private Shard Open(TestShard columns) => Shard.Open(columns.Write(Folder.File("read.parquet")), 0);

    private FeatureEncoder Fit(FeatureOptions options)
    {
        DateTime hour7 = new(2024, 2, 26, 7, 30, 0), hour8 = hour7.AddHours(1);
        ShardSet shards = ShardSet.Resolve([new TestShard().Column("label", 0, 1, 0, 1).Nullable<DateTime>("at", hour7, hour7, hour8, null)
            .Dates("day", hour7.Date, hour7.Date, hour7.Date, hour7.Date.AddDays(1)).Write(Folder.File("s.parquet"))]);
        return FeatureEncoder.Fit(shards, FeaturePlan.Infer(shards, options));
    }
}
