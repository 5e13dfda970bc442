using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Tests.Features;

[Trait("Speed", "Fast")]
public sealed class FeaturePlanTests : OwnFolder
{
    [Fact]
    public void Roles_come_from_names_and_types()
    {
        FeaturePlan plan = Infer(Wide(), new FeatureOptions());
        Assert.Equal(
            [
                "Click label", "user categorical", "item_id categorical", "city categorical", "mobile categorical", "price numeric", "day categorical", "day categorical",
                "hist_item history", "tags pooled", "weights ignored", "hist_city pooled",
            ],
            plan.Table().Select(r => $"{r.Name} {r.Role}"));
        Assert.Equal("item_id", plan.Columns.First(c => c.Name == "hist_item").Target);
        Assert.True(plan.HasHistory);
        Assert.Contains("city is string", plan.Columns.First(c => c.Name == "hist_city").Note);
    }

    [Fact]
    public void Flags_override_what_was_inferred()
    {
        FeaturePlan plan = Infer(Wide(), new FeatureOptions
        {
            Exclude = ["tags"],
            Categorical = ["price"],
            Numeric = ["mobile"],
            GroupId = "user",
            NumericTransforms = ["log", "mobile=none"],
        });
        Dictionary<string, FeatureColumn> by = plan.Columns.Where(c => c.Name != "day").ToDictionary(c => c.Name);
        Assert.Equal(FeatureRole.Excluded, by["tags"].Role);
        Assert.Equal(FeatureRole.Categorical, by["price"].Role);
        Assert.Equal((FeatureRole.Numeric, NumericTransform.None), (by["mobile"].Role, by["mobile"].Transform));
        Assert.Equal(FeatureRole.GroupKey, by["user"].Role);
        Assert.Equal("user", plan.GroupKey!.Name);
    }

    [Fact]
    public void What_is_said_of_a_column_and_changes_nothing_is_told()
    {
        FeaturePlan plan = Infer(Wide(), new FeatureOptions
        {
            Exclude = ["tags", "Click"],
            Categorical = ["tags"],
            HashBuckets = ["price=10", "hist_item=10", "city=10"],
            NumericTransforms = ["user=log", "price=log"],
        });
        Assert.Equal(
            [
                "--exclude Click has no effect: the column is the label",
                "--categorical tags has no effect: the column is left out by --exclude",
                "--hash-buckets price has no effect: the column is numeric; if it holds ids, add --categorical price",
                "--hash-buckets hist_item has no effect: the column is a history, which shares the rows of item_id: name item_id instead",
                "--numeric-transform user has no effect: the column is categorical; if it holds numbers, add --numeric user",
            ],
            plan.Warnings.Where(w => w.StartsWith("--", StringComparison.Ordinal)));
        Assert.DoesNotContain(Infer(Wide(), new FeatureOptions { HashBuckets = ["city=10"], NumericTransforms = ["log"] }).Warnings, w => w.StartsWith("--", StringComparison.Ordinal));
    }

    [Fact]
    public void History_can_name_its_target()
    {
        FeaturePlan plan = Infer(Wide(), new FeatureOptions { History = ["hist_city=user"] });
        Assert.Equal((FeatureRole.History, "user"), (plan.Columns[^1].Role, plan.Columns[^1].Target));
    }

    [Fact]
    public void Group_column_is_a_feature_only_if_listed()
    {
        Assert.Single(Infer(Wide(), new FeatureOptions { GroupId = "user" }).Columns, c => c.Name == "user");
        FeaturePlan both = Infer(Wide(), new FeatureOptions { GroupId = "user", Categorical = ["user"] });
        Assert.Equal([FeatureRole.GroupKey, FeatureRole.Categorical], both.Columns.Where(c => c.Name == "user").Select(c => c.Role));
    }

    [Theory]
    [InlineData("hist_item_id", "item_id", true)]
    [InlineData("hist_item_id", "item", true)]
    [InlineData("hist_item", "item", true)]
    [InlineData("hist_item", "item_id", true)]
    [InlineData("hist_item", "thing", false)]
    [InlineData("items", "item", false)]
    public void Histories_pair_by_name(string list, string field, bool paired)
    {
        FeaturePlan plan = Infer(new TestShard().Column("label", 0, 1).Lists<long>(list, [1], [2]).Column(field, 1L, 2L), new FeatureOptions());
        Assert.Equal(paired ? FeatureRole.History : FeatureRole.Pooled, plan.Columns[1].Role);
    }

    [Fact]
    public void Wrong_names_and_impossible_roles_are_usage_failures()
    {
        Fails(new TestShard().Column("clk", 0, 1).Column("Click_", 1, 2), new FeatureOptions(), "the columns are clk, Click_");
        Fails(Wide(), new FeatureOptions { Label = "nope" }, "--label nope: no such column; the shards have Click");
        Fails(Wide(), new FeatureOptions { Exclude = ["nope"] }, "--exclude nope");
        Fails(Wide(), new FeatureOptions { GroupId = "day" }, "--group-id day");
        Fails(Wide(), new FeatureOptions { Numeric = ["city"] }, "--numeric city");
        Fails(Wide(), new FeatureOptions { History = ["user"] }, "is not a list");
        Fails(Wide(), new FeatureOptions { History = ["tags"] }, "say which");
        Fails(Wide(), new FeatureOptions { History = ["hist_city"] }, "cannot be a history of city");
        Fails(Wide(), new FeatureOptions { NumericTransforms = ["cubic"] }, "cubic");
    }

    private FeaturePlan Infer(TestShard shard, FeatureOptions options) =>
        FeaturePlan.Infer(ShardSet.Resolve([shard.Write(Folder.File("s.parquet"))]), options);

    private void Fails(TestShard shard, FeatureOptions options, string text)
    {
        GpuCtrException failure = Assert.Throws<GpuCtrException>(() => Infer(shard, options));
        Assert.Equal(ErrorKind.Usage, failure.Kind);
        Assert.Contains(text, failure.Message);
    }

    private static TestShard Wide() => new TestShard()
        .Column("Click", 0, 1)
        .Column("user", 1L, 2L)
        .Column("item_id", 1L, 2L)
        .Text("city", "a", "b")
        .Column("mobile", true, false)
        .Column("price", 1.5f, 2.5f)
        .Column("day", DateTime.UnixEpoch, DateTime.UnixEpoch)
        .Lists<long>("hist_item", [1], [2])
        .TextLists("tags", ["x"], [])
        .Lists<double>("weights", [1.5], [])
        .Lists<long>("hist_city", [1], [2]);
}
