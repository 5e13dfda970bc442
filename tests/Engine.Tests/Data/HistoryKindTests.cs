using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Engine.Tests.Data;

/// <summary>Which lists become histories and which are pooled, by the types of their entries, and the warnings about unused ones.</summary>
public sealed class HistoryKindTests : OwnFolder
{
    [Fact]
    public void A_history_of_doubles_is_one_of_the_integers_that_they_are()
    {
        FeaturePlan plan = Infer(Items().Lists<double>("hist_item", [1, double.NaN, null], [2]));
        Assert.Empty(plan.Warnings);
        FeatureColumn list = plan.Of(FeatureRole.History).Single();
        Assert.Equal(("item", ValueKind.Integer, "list<double>"), (list.Target, list.Kind, list.TypeName));
        FeatureEncoder encoder = FeatureEncoder.Fit(Resolve(), plan);
        EncodedSequence encoded = new Dataset(Resolve(), encoder).Load([0], default)[0].Sequences[0];
        Assert.Equal([2, VocabularyTable.NullRow, VocabularyTable.NullRow, 3], encoded.TableRows[..encoded.Count]);
    }

    [Fact]
    public void A_fraction_in_a_history_names_its_place()
    {
        FeaturePlan plan = Infer(Items().Lists<double>("hist_item", [1], [2, 2.5]));
        GpuCtrException failure = Assert.Throws<GpuCtrException>(() => FeatureEncoder.Fit(Resolve(), plan));
        Assert.Equal(ErrorKind.Data, failure.Kind);
        Assert.Contains("s.parquet: row group 0, row 1, column 'hist_item': 2.5 is not a whole number, as ids are; correct it, or leave the column out (--exclude hist_item)", failure.Message);

        BadRowBudget one = BadRowBudget.Parse("1");
        FeatureEncoder encoder = FeatureEncoder.Fit(Resolve(), FeaturePlan.Infer(Resolve(), new FeatureOptions { BadRows = one }));
        Dataset data = new(Resolve(), encoder, new DatasetOptions { BadRows = one });
        data.Load([0], default);
        Assert.Equal([false, true], new[] { data.Statistics.IsBad(0), data.Statistics.IsBad(1) });
    }

    [Fact]
    public void Pooled_lists_of_doubles_are_ids_where_they_are_whole()
    {
        Assert.Equal((FeatureRole.Pooled, ValueKind.Integer), Role(Infer(Items().Lists<double>("tags", [1, null], [2])), "tags"));
        FeaturePlan vectors = Infer(Items().Lists<double>("tags", [0.5, 1], [2, 0.25]));
        Assert.Equal(FeatureRole.Ignored, Role(vectors, "tags").Role);
        Assert.Contains("'tags' is not used: its type is list<double> and 0.5 is not a whole number", Assert.Single(vectors.Warnings));
        Infer(Items().Lists<double>("tags", [0.5, 1], [2, 0.25]), new FeatureOptions { MultiValue = ["tags"] });
        Assert.Contains("0.5 is not a whole number", Assert.Throws<GpuCtrException>(() => FeatureEncoder.Fit(Resolve(), FeaturePlan.Infer(Resolve(), new FeatureOptions { MultiValue = ["tags"] }))).Message);
    }

    [Fact]
    public void A_target_of_doubles_and_its_history_are_integers()
    {
        TestShard shard = new TestShard().Column("label", 0, 1).Nullable<double>("item", 1, null).Lists<long>("hist_item", [1], [9]);
        FeaturePlan numeric = Infer(shard);
        Assert.Equal("hist_item is pooled, not read as a history: item is double and numeric; if it holds ids, add --categorical item, or --multi-value hist_item if pooling is intended", Assert.Single(numeric.Warnings));
        FeaturePlan plan = Infer(shard, new FeatureOptions { Categorical = ["item"] });
        Assert.Empty(plan.Warnings);
        FeatureEncoder encoder = FeatureEncoder.Fit(Resolve(), plan);
        Assert.Equal([1, 9], encoder.Vocabularies[0].Integers);
        Assert.Equal((ValueKind.Integer, KeyRule.Value), (encoder.State.Categorical[0].Kind, encoder.State.Categorical[0].Rule));
    }

    [Fact]
    public void A_history_that_is_not_used_says_what_to_write()
    {
        void Warns(string text, TestShard shard, FeatureOptions? options = null) => Assert.Contains(text, Assert.Single(Infer(shard, options).Warnings));
        Warns("item is int64, this list<string>; write both with one type", Items().TextLists("hist_item", ["1"], ["2"]));
        Warns("there is no column shop or shop_id; name its target with --history hist_shop=<column>", Items().Lists<long>("hist_shop", [1], [2]));
        Warns("its target item is excluded", Items().Column("user", 1, 2).Lists<long>("hist_item", [1], [2]), new FeatureOptions { Exclude = ["item"] });
        Warns("history 'hist_item' is not used: type list<timestamp> is not supported", Items().Lists<DateTime>("hist_item", [DateTime.UnixEpoch], []));
        Assert.Empty(Infer(Items().Lists<long>("hist_shop", [1], [2]), new FeatureOptions { MultiValue = ["hist_shop"] }).Warnings);
        Assert.Empty(Infer(Items().Lists<DateTime>("hist_item", [DateTime.UnixEpoch], []), new FeatureOptions { Exclude = ["hist_item"] }).Warnings);
    }

    [Fact]
    public void Warnings_stand_in_train_and_inspect()
    {
        string shard = Items().Lists<long>("hist_shop", [1], [2]).Nullable<double>("user", 5, null).Write(Folder.File("s.parquet"));
        CommandOutcome trained = Run("train", shard, "--model", "lr", "--out", Folder.File("run"), "--device", "cpu", "--valid-fraction", "0").Succeeded();
        Assert.Contains("hist_shop is pooled, not read as a history", trained.Error);
        Assert.Contains("user: doubles that are all whole numbers, used as numbers; if they are ids that became doubles because of nulls, add --categorical user", trained.Error);
        CommandOutcome inspected = Run("inspect", shard).Succeeded();
        Assert.Contains("problem: hist_shop is pooled, not read as a history", inspected.Out);
        Assert.Contains("problem: column 'user' is double, and all its values are whole", inspected.Out);
        Items().Lists<long>("hist_item", [1], [2]).Write(shard);
        Assert.Contains("deepfm reads no histories: hist_item is not used", Run("train", shard, "--model", "deepfm", "--out", Folder.File("other"), "--device", "cpu", "--valid-fraction", "0").Succeeded().Error);
    }

    private static TestShard Items() => new TestShard().Column("label", 0, 1).Column("item", 1L, 2L);

    private static (FeatureRole Role, ValueKind Kind) Role(FeaturePlan plan, string column) => plan.Columns.Where(c => c.Name == column).Select(c => (c.Role, c.Kind)).Single();

    private FeaturePlan Infer(TestShard shard, FeatureOptions? options = null)
    {
        shard.Write(Folder.File("s.parquet"));
        return FeaturePlan.Infer(Resolve(), options ?? new FeatureOptions());
    }

    private ShardSet Resolve() => ShardSet.Resolve([Folder.Path]);
}
