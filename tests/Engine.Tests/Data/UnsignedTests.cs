using System.Text.Json;
using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Training.Scoring;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Engine.Tests.Data;

/// <summary>An unsigned 64-bit integer is the same value wherever it is read, shown or written.</summary>
public sealed class UnsignedTests : OwnFolder
{
    private const ulong High = 1UL << 63, Highest = ulong.MaxValue;

    [Fact]
    public void Vocabularies_hold_and_show_and_keep_them()
    {
        FeatureEncoder encoder = Fit(Shard());
        Assert.Equal(["3", $"{High}", $"{Highest}"], Values(encoder));
        encoder.Save(Folder.File("saved"));
        Assert.Equal(["3", $"{High}", $"{Highest}"], SecondReader.Rows(Directory.GetFiles(Folder.File("saved/vocab"))[0], "value"));
        FeatureEncoder loaded = FeatureEncoder.Load(Folder.File("saved"));
        Assert.Equal(["3", $"{High}", $"{Highest}"], Values(loaded));
        EncodedBlock block = new Dataset(Resolve(), loaded).Load([0], default)[0];
        Assert.Equal([4, 3, 2, 2], block.TableRows);
        Assert.Equal([3, 4], block.Sequences[0].TableRows[..2]);
    }

    [Fact]
    public void Numbers_are_not_negative()
    {
        NumericColumn big = Fit(new FeatureOptions { Numeric = ["big"] }, Shard().Column<ulong>("big", Highest, High, 0, 0)).State.Numeric[0];
        Assert.Equal(((double)Highest + High) / 4, big.Mean);
    }

    [Fact]
    public void Inspect_shows_them()
    {
        Shard().Write(Folder.File("a.parquet"));
        CommandOutcome o = Run("inspect", Folder.File("a.parquet"), "--json").Succeeded();
        JsonElement user = JsonDocument.Parse(o.Out).RootElement.GetProperty("columns")[1], range = user.GetProperty("range");
        Assert.Equal((3.0, (double)Highest), (range.GetProperty("least").GetDouble(), range.GetProperty("greatest").GetDouble()));
        Assert.Equal(["3", $"{Highest}", $"{High}"], user.GetProperty("top").EnumerateArray().Select(t => t.GetProperty("value").GetString()));
        Assert.Equal(3, user.GetProperty("distinct").GetInt32());
    }

    [Fact]
    public void Single_rows_take_them_in_every_form()
    {
        FeatureEncoder encoder = Fit(new FeatureOptions { Numeric = ["big"] }, Shard().Column<ulong>("big", Highest, High, 0, 0));
        FeatureRow row = new(new RowEncoder(encoder));
        Assert.Equal(4, row.Set("user", Highest).Ids[0]);
        Assert.Equal(2, row.Set("user", 3).Ids[0]);
        Assert.Equal(5, row.Set("user", -1).Ids[0]);
        Assert.Equal([3, 4, 5], row.Set("hist_user", [High, Highest, 9]).List(0).ToArray());
        Assert.Equal([2, 5], row.Set("hist_user", (ReadOnlySpan<long>)[3, -1]).List(0).ToArray());
        float number = row.Set("big", Highest).Numbers[0];
        row.SetJson(JsonDocument.Parse($$"""{"user": {{High}}, "hist_user": [{{Highest}}, 3, -1, null], "big": {{Highest}}}""").RootElement);
        Assert.Equal(3, row.Ids[0]);
        Assert.Equal([4, 2, 5, 1], row.List(0).ToArray());
        Assert.Equal(number, row.Numbers[0]);

        // Among signed ids it is an unseen value, not the negative one with the same bits.
        FeatureRow signed = new(new RowEncoder(Fit(new TestShard().Column("label", 0, 1).Column<long>("user", -1, 3))));
        Assert.Equal(4, signed.Set("user", Highest).Ids[0]);
        Assert.Equal(4, signed.SetJson(JsonDocument.Parse($$"""{"user": {{Highest}}}""").RootElement).Ids[0]);
    }

    [Fact]
    public void Signed_and_unsigned_shards_are_one_where_all_values_are_both()
    {
        new TestShard().Column("label", 0, 1).Column<long>("user", 3, 5).Write(Folder.File("b.parquet"));
        Assert.Equal(["3", "5", $"{High}", $"{Highest}"], Values(Fit(Shard())).OrderBy(ulong.Parse));
        new TestShard().Column("label", 0, 1).Column<long>("user", 3, -1).Write(Folder.File("b.parquet"));
        GpuCtrException failure = Assert.Throws<GpuCtrException>(() => Fit(Shard()));
        Assert.Equal(ErrorKind.Data, failure.Kind);
        Assert.Contains("b.parquet: row group 0, row 1, column 'user': -1, where all other values are unsigned integers", failure.Message);

        File.Delete(Folder.File("b.parquet"));
        FeatureEncoder signed = Fit(new TestShard().Column("label", 0, 1).Column<long>("user", 3, 5));
        new TestShard().Column("label", 0, 1).Column<ulong>("user", 5, 3).Write(Folder.File("a.parquet"));
        Assert.Equal([3, 2], new Dataset(Resolve(), signed).Load([0], default)[0].TableRows);
        new TestShard().Column("label", 0, 1).Column<ulong>("user", 5, Highest).Write(Folder.File("a.parquet"));
        Assert.Contains($"{Highest}, where all other values are signed", Assert.Throws<GpuCtrException>(() => new Dataset(Resolve(), signed).Load([0], default)).Message);
    }

    [Fact]
    public void Predict_keeps_and_explain_shows_them()
    {
        string data = Shard().Write(Folder.File("a.parquet")), run = Folder.File("run"), scores = Folder.File("scores.parquet");
        Run("train", data, "--model", "lr", "--out", run, "--device", "cpu", "--valid-fraction", "0").Succeeded();
        Run("predict", "--model", run, data, "--out", scores, "--keep", "user", "--device", "cpu").Succeeded();
        Assert.Equal([$"{Highest}", $"{High}", "3", "3"], SecondReader.Rows(scores, "user"));
        Assert.Equal([$"{Highest}", $"{High}", "3", "3"], SecondReader.OurRows(GpuCtr.Data.Shards.Shard.Open(scores, 0), "user"));
        Assert.Contains($"{Highest}", Run("explain", "--model", run, data, "--row", "0").Succeeded().Out);
    }

    private static TestShard Shard() => new TestShard().Column("label", 0, 1, 1, 0).Column<ulong>("user", Highest, High, 3, 3).Lists<ulong>("hist_user", [High, Highest], [], null, []);

    private static IEnumerable<string> Values(FeatureEncoder encoder) =>
        Enumerable.Range(VocabularyTable.FirstValueRow, encoder.Vocabularies[0].Distinct).Select(encoder.Vocabularies[0].Describe);

    private FeatureEncoder Fit(TestShard shard) => Fit(new FeatureOptions(), shard);

    private FeatureEncoder Fit(FeatureOptions options, TestShard shard)
    {
        shard.Write(Folder.File("a.parquet"));
        return FeatureEncoder.Fit(Resolve(), FeaturePlan.Infer(Resolve(), options));
    }

    private ShardSet Resolve() => ShardSet.Resolve([Folder.Path]);
}
