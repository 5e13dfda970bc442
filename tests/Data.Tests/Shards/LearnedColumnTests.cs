using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Tests.Shards;

/// <summary>Columns that later shards store with another type than the one that was learned, and ids that are stored as doubles.</summary>
public sealed class LearnedColumnTests : FittedShards
{
    [Fact]
    public void Later_shards_may_store_what_was_learned_in_another_way()
    {
        FeatureEncoder integers = Fit(Ids(s => s.Column<long>("a", 7, 7, 1, 0)));
        Assert.Equal([2, VocabularyTable.NullRow, 4, 5], Encode(integers, Ids(s => s.Nullable<double>("a", 7, null, 1, 99))));
        Assert.Equal([1, 1, 1, 1], Encode(integers, Ids(s => s.Text("a", null, null, null, null))));
        Assert.Contains("2.5 is not a whole number", Assert.Throws<GpuCtrException>(() => Encode(integers, Ids(s => s.Column<double>("a", 7, 2.5, 1, 1)))).Message);
        Assert.Contains("column 'a' is string, the model was trained with an integer", Assert.Throws<GpuCtrException>(() => Encode(integers, Ids(s => s.Text("a", null, "x", null, null)))).Message);

        FeatureEncoder reals = Fit(new FeatureOptions { Categorical = ["a"] }, Ids(s => s.Column<double>("a", 0.5, 7, 7, 1)));
        Assert.Equal([2, 3, 5, 2], Encode(reals, Ids(s => s.Column("a", 7, 1, 99, 7))));
        Assert.Contains("9007199254740993 is beyond 2⁵³", Assert.Throws<GpuCtrException>(() => Encode(reals, Ids(s => s.Column<long>("a", 7, 9007199254740993, 1, 1)))).Message);
    }

    [Fact]
    public void Doubles_that_are_whole_are_the_ids_that_integers_would_be()
    {
        FeatureEncoder integers = Fit(Ids(s => s.Nullable<long>("a", 7, null, 7, 1)));
        FeatureOptions categorical = new() { Categorical = ["a"] };
        Same(integers, categorical, Ids(s => s.Nullable<double>("a", 7, null, 7, 1)));
        Same(integers, categorical, Ids(s => s.Column<double>("a", 7, double.NaN, 7, 1)));
        Same(integers, categorical, Ids(s => s.Nullable<float>("a", 7, null, 7, 1)));
        Assert.Equal(KeyRule.RealId, Fit(categorical, Ids(s => s.Column<double>("a", 0.5, 7, 7, 1))).State.Categorical[0].Rule);
        Assert.Equal(KeyRule.RealId, Fit(categorical, Ids(s => s.Column<double>("a", 1e17, 7, 7, 1))).State.Categorical[0].Rule);

        // They look like ids unless they are said to be numbers.
        TestShard whole = Ids(s => s.Nullable<double>("a", 7, null, 7, 1).Column<double>("b", 0.5, 1, 1, 1).Column<double>("c", -1, 2, 3, 4));
        Assert.Equal([true, false, false], Fit(whole).State.Numeric.Select(n => n.LooksLikeIds));
        Assert.Equal([false, false, false], Fit(new FeatureOptions { Numeric = ["a"] }, whole).State.Numeric.Select(n => n.LooksLikeIds));
    }

    [Fact]
    public void Doubles_group_rows_and_are_their_own_rows_as_integers_do()
    {
        FeatureOptions options = new() { GroupId = "g", Categorical = ["a"], Identity = ["a=9"] };
        TestShard Shard<T>(params T[] values) where T : struct => Ids(s => s.Column("a", values).Column("g", values));
        Write(Shard<double>(7, 7, 1, 0));
        EncodedBlock doubles = Encoded(options);
        Write(Shard<long>(7, 7, 1, 0));
        EncodedBlock integers = Encoded(options);
        Assert.Equal(integers.TableRows, doubles.TableRows);
        Assert.Equal([7UL, 7, 1, 0], doubles.GroupKeys);
        Assert.Equal(integers.GroupKeys, doubles.GroupKeys);
        Write(Shard(7, 7, 1, 0.5));
        Assert.Contains("0.5 is not a whole number", Assert.Throws<GpuCtrException>(() => Encoded(options)).Message);
    }

    [Fact]
    public void What_was_learned_grows_by_values_that_it_can_hold()
    {
        FeatureOptions categorical = new() { Categorical = ["a"] };
        FeatureEncoder integers = Fit(Ids(s => s.Column<long>("a", 7, 7, 1, 0))), reals = Fit(categorical, Ids(s => s.Column<double>("a", 0.5, 7, 7, 1)));
        Assert.Equal([7, 0, 1, 9], integers.GrownBy(Fit(Ids(s => s.Column<ulong>("a", 9, 7, 1, 0)))).Vocabularies[0].Integers);
        Assert.Equal([7, 0, 1, 9], integers.GrownBy(Fit(categorical, Ids(s => s.Column<double>("a", 9, double.NaN, 1, 0)))).Vocabularies[0].Integers);
        Assert.Equal(9, reals.GrownBy(Fit(categorical, Ids(s => s.Column<double>("a", 9, 7, 1, 1)))).Vocabularies[0].Integers[^1]);
        GpuCtrException failure = Assert.Throws<GpuCtrException>(() => integers.GrownBy(Fit(Ids(s => s.Column<ulong>("a", ulong.MaxValue, 7, 1, 0)))));
        Assert.Contains("a has signed integers in that run and unsigned integers here", failure.Message);
    }

    private EncodedBlock Encoded(FeatureOptions options)
    {
        FeatureEncoder encoder = FeatureEncoder.Fit(Resolve(), FeaturePlan.Infer(Resolve(), options));
        return new Dataset(Resolve(), encoder).Load([0], default)[0];
    }
}
