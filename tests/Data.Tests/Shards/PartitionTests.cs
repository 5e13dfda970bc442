using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Data.Sources;

namespace GpuCtr.Data.Tests.Shards;

[Trait("Speed", "Fast")]
public sealed class PartitionTests : OwnFolder
{
    [Fact]
    public void Folders_with_keys_and_values_are_columns()
    {
        Write("day=2024-01-01/slot=7", 1);
        Write("day=2024-01-02/slot=12", 2);
        Write("day=2024-01-02/slot=__HIVE_DEFAULT_PARTITION__", 3);
        ShardSet shards = ShardSet.Resolve([Folder.Path]);
        Assert.Equal(["label int32", "a int32", "day date", "slot int64"], shards.Columns.Select(c => $"{c.Name} {c.TypeName}"));
        Assert.Equal(["7", "12", "null"], shards.Shards.Select(s => SecondReader.OurRows(s, "slot")[1]));
        FeatureEncoder encoder = FeatureEncoder.Fit(shards, FeaturePlan.Infer(shards, new FeatureOptions()));
        Assert.Equal(["a", "slot", "day:weekday"], encoder.Spec.Categorical.Select(c => c.Name).OrderBy(n => n.Length));
        EncodedBlock[] blocks = new Dataset(shards, encoder).Load([0, 1, 2], default);
        VocabularyTable slots = encoder.Vocabularies.First(v => v.Name == "slot");
        int at = encoder.Spec.Categorical.ToList().FindIndex(c => c.Name == "slot"), offset = encoder.Spec.Offsets()[encoder.Spec.Categorical[at].Vocabulary];
        Assert.Equal(["7", "12", "(null)"], blocks.Select(b => slots.Describe(b.TableRows[at] - offset)));
    }

    [Theory]
    [InlineData("k=1", "k=2", "int64")]
    [InlineData("k=01", "k=2", "string")]
    [InlineData("k=2024-05-01", "k=2024-05-02", "date")]
    [InlineData("k=2024-05-01", "k=other", "string")]
    [InlineData("k=a%20b", "k=c", "string")]
    public void A_key_has_the_type_of_all_its_values(string first, string second, string type)
    {
        Write(first, 1);
        Write(second, 2);
        ShardSet shards = ShardSet.Resolve([Folder.File("*/*.parquet")]);
        Assert.Equal(type, shards.Column("k")!.TypeName);
        if (first == "k=a%20b")
            Assert.Equal("'a b'", SecondReader.OurRows(shards.Shards[0], "k")[0]);
    }

    [Fact]
    public void A_column_of_the_file_goes_before_one_of_the_path()
    {
        Write("a=99", 1);
        Assert.Equal("1", SecondReader.OurRows(ShardSet.Resolve([Folder.Path]).Shards[0], "a")[0]);
    }

    [Fact]
    public void Keys_that_not_all_folders_have_are_left_out_and_said()
    {
        Write("day=1", 1);
        Write("hour=1", 2);
        FeaturePlan plan = FeaturePlan.Infer(ShardSet.Resolve([Folder.Path]), new FeatureOptions());
        Assert.Equal(["label", "a"], plan.Columns.Select(c => c.Name));
        Assert.Equal(["column 'day' is left out", "column 'hour' is left out"], plan.Warnings.Select(w => w.Split(':')[0]));
    }

    [Fact]
    public void Only_folders_of_the_path_as_it_was_named_are_keys()
    {
        Assert.Equal([("day", "1")], FoundShard.Of(new FileSource("/runs/run=5/data/day=1/0.parquet"), "data/day=1/0.parquet").Partitions);
        Assert.Empty(FoundShard.Of(new FileSource("/runs/run=5/0.parquet"), "0.parquet").Partitions);
        Assert.Empty(FoundShard.Of(new FileSource("/runs/=5/a=b.parquet"), "/runs/=5/a=b.parquet").Partitions);
    }

    [Fact]
    public void Thousands_of_shards_are_read()
    {
        for (int i = 0; i < 1500; i++)
            Write($"part={i % 50}", i, $"{i}.parquet");
        ShardSet shards = ShardSet.Resolve([Folder.Path]);
        FeatureEncoder encoder = FeatureEncoder.Fit(shards, FeaturePlan.Infer(shards, new FeatureOptions()));
        Assert.Equal((3000, 1500, 50), (encoder.TrainRows, encoder.Vocabularies[0].Distinct, encoder.Vocabularies[1].Distinct));
    }

    private void Write(string below, int value, string name = "0.parquet")
    {
        Directory.CreateDirectory(Folder.File(below));
        new TestShard().Column("label", 0, 1).Column("a", value, value).Write(Folder.File($"{below}/{name}"));
    }
}
