using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Tests.Features;

/// <summary>Which values get a row of their own, and in which order.</summary>
[Trait("Speed", "Fast")]
public sealed class VocabularyTests : FittedShard
{
    [Fact]
    public void Vocabulary_is_sorted_by_frequency_then_value()
    {
        FeatureEncoder encoder = Fit(new TestShard().Column("label", 0, 1, 0, 1, 0, 1).Nullable<long>("a", 7, -3, 7, null, -9, 5));
        VocabularyTable a = encoder.Vocabularies[0];
        Assert.Equal([7, -9, -3, 5], a.Integers);
        Assert.Equal([0, 1, 2, 1, 1, 1, 0], a.Counts);
        Assert.Equal((7, 6), (a.Rows, a.OovRow));
        Assert.Equal([2, 3, 4, 5, 6], new long[] { 7, -9, -3, 5, 1000 }.Select(a.RowOf));
        Assert.Equal(7, encoder.Spec.Vocabularies[0].Rows);
        Assert.Equal(0.5, encoder.LabelRate);
    }

    [Fact]
    public void Text_vocabulary_breaks_ties_by_ordinal()
    {
        VocabularyTable a = Fit(new TestShard().Column("label", 0, 1, 0, 1, 0).Text("a", "b", "B", "a", null, "b")).Vocabularies[0];
        Assert.Equal(["b", "B", "a"], a.Texts);
        Assert.Equal(2, a.RowOf("b"));
        Assert.Equal(a.OovRow, a.RowOf(""));
        Assert.Equal(["(padding)", "(null)", "b", "B", "a", "(OOV)"], Enumerable.Range(0, 6).Select(a.Describe));
    }

    /// <summary>What a checkpoint's canary rows are asked: a value that is found elsewhere is another value to the model.</summary>
    [Fact]
    public void A_value_that_another_row_has_too_is_not_found_in_its_place()
    {
        VocabularyTable sound = new("a", ValueKind.Integer, default, [5, 7], [], [0, 0, 1, 1, 0]), twice = new("a", ValueKind.Integer, default, [5, 5], [], [0, 0, 1, 1, 0]);
        Assert.All(Enumerable.Range(0, sound.Rows), row => Assert.True(sound.FindsValueOf(row)));
        Assert.Single(Enumerable.Range(0, twice.Rows), row => !twice.FindsValueOf(row));
    }

    [Fact]
    public void Large_and_negative_ids_never_collide()
    {
        long[] ids = [.. Enumerable.Range(0, 100).SelectMany(i => new[] { (1L << 24) + i, (1L << 53) + i, -(1L << 53) - i, long.MinValue + i, long.MaxValue - i, -i - 1L })];
        int[] labels = [.. ids.Select((_, i) => i % 2)];
        FeatureEncoder encoder = Fit(new TestShard().Column("label", labels).Column("id", ids));
        Assert.Equal(600, encoder.Vocabularies[0].Distinct);
        Assert.Equal(600, ids.Select(encoder.Vocabularies[0].RowOf).Distinct().Count());
        Assert.All(ids, id => Assert.Equal(encoder.Vocabularies[0].OovRow, encoder.Vocabularies[0].RowOf(id ^ (1L << 40))));
    }

    [Fact]
    public void Minimum_count_moves_rare_values_to_the_unseen_row()
    {
        VocabularyTable a = Fit(new TestShard().Column("label", 0, 1, 0, 1, 0).Column("a", 1, 2, 2, 3, 4), new FeatureOptions { MinCount = 2 }).Vocabularies[0];
        Assert.Equal([2], a.Integers);
        Assert.Equal([0, 0, 2, 3], a.Counts);
        Assert.Equal(a.OovRow, a.RowOf(3));
    }

    [Fact]
    public void Hash_buckets_replace_values()
    {
        VocabularyTable a = Fit(
            new TestShard().Column("label", 0, 1, 0, 1, 0).Nullable<long>("a", 1, 2, 2, null, 4), new FeatureOptions { HashBuckets = ["a=5"] }).Vocabularies[0];
        Assert.Equal(8, a.Rows);
        Assert.Equal(5, a.Counts.Sum());
        Assert.Equal(1, a.Counts[VocabularyTable.NullRow]);
        Assert.All(Enumerable.Range(0, 100), i => Assert.InRange(a.RowOf(i), 2, 6));
        Assert.Equal(5, Enumerable.Range(0, 100).Select(i => a.RowOf(i)).Distinct().Count());
    }

    [Fact]
    public void Identity_makes_integers_their_own_rows()
    {
        FeatureEncoder fitted = Fit(
            new TestShard().Column("label", 0, 1, 0, 1, 0, 1, 1).Nullable<long>("a", 3, 0, 3, null, 4, -1, long.MaxValue), new FeatureOptions { Identity = ["a=4"] });
        fitted.Save(Folder.File("saved"));
        foreach (VocabularyTable a in new[] { fitted.Vocabularies[0], FeatureEncoder.Load(Folder.File("saved")).Vocabularies[0] })
        {
            Assert.Equal([0, 1, 1, 0, 0, 2, 3], a.Counts);
            Assert.Equal([2, 3, 4, 5], Enumerable.Range(0, 4).Select(i => a.RowOf(i)));
            Assert.All([4, -1, long.MinValue, 1L << 40], value => Assert.Equal(a.OovRow, a.RowOf(value)));
            Assert.Equal(("3", "(OOV)"), (a.Describe(5), a.Describe(6)));
        }
    }

    [Theory]
    [InlineData("text=4", "", "its type is string, and only integers can be row numbers; use --hash-buckets text=4")]
    [InlineData("a=0", "", "--identity a=0: expected column=N")]
    [InlineData("a=4", "a=4", "a is named twice by --hash-buckets and --identity")]
    [InlineData("b=4", "", "--identity b: no such column")]
    public void Identities_that_cannot_be_are_refused(string identity, string buckets, string message)
    {
        TestShard shard = new TestShard().Column("label", 0, 1).Column("a", 1L, 2L).Text("text", "x", "y");
        GpuCtrException failure = Assert.Throws<GpuCtrException>(() => Fit(shard, new FeatureOptions { Identity = [identity], HashBuckets = buckets == "" ? [] : [buckets] }));
        Assert.Equal(ErrorKind.Usage, failure.Kind);
        Assert.Contains(message, failure.Message);
    }

    [Fact]
    public void History_shares_and_counts_in_the_vocabulary_of_its_target()
    {
        FeatureEncoder encoder = Fit(new TestShard().Column("label", 0, 1, 0).Column("item", 1L, 2L, 3L)
            .Lists<long>("hist_item", [2, 2, 9], null, [3, null]).TextLists("tags", ["x"], [], ["y", "x"]));
        Assert.Equal(2, encoder.Vocabularies.Count);
        Assert.Equal([2, 3, 1, 9], encoder.Vocabularies[0].Integers);
        Assert.Equal(1, encoder.Vocabularies[0].Counts[VocabularyTable.NullRow]);
        Assert.Equal(["x", "y"], encoder.Vocabularies[1].Texts);
        Assert.Equal([0, -1], encoder.Spec.Sequences.Select(s => s.Target));
        EncodedBlock block = Encode(encoder, Folder.File("s.parquet"));
        Assert.Equal([2, 2, 5, 3, 1], block.Sequences[0].TableRows);
        Assert.Equal([0, 3, 3, 5], block.Sequences[0].Offsets);
        Assert.Equal([0, 1, 1, 3], block.Sequences[1].Offsets);
    }

    [Fact]
    public void Real_ids_keep_their_values()
    {
        FeatureEncoder encoder = Fit(new TestShard().Column("label", 0, 1, 0, 1).Column("a", 3.0, double.NaN, 16777217.0, 0.5), new FeatureOptions { Categorical = ["a"] });
        Assert.Equal(3, encoder.Vocabularies[0].Distinct);
        Assert.Contains(16777217L, encoder.Vocabularies[0].Integers);
        EncodedBlock block = Encode(encoder, Folder.File("s.parquet"));
        Assert.Equal(VocabularyTable.NullRow, block.TableRows[1]);
    }
}
