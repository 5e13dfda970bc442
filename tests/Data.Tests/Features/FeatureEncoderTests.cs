using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Data.Splits;

namespace GpuCtr.Data.Tests.Features;

[Trait("Speed", "Fast")]
public sealed class FeatureEncoderTests : FittedShard
{
    [Fact]
    public void Numbers_are_standardized_and_nulls_are_indicated()
    {
        FeatureEncoder encoder = Fit(new TestShard().Column("label", 0, 1, 0, 1)
            .Nullable<double>("x", 1, 3, null, 5).Column("c", 4f, 4f, 4f, 4f).Column("z", -1.0, 0, 2, 9),
            new FeatureOptions { NumericTransforms = ["z=log"] });
        Assert.Equal(["x", "x_missing", "c", "z"], encoder.Spec.Numeric);
        EncodedBlock block = Encode(encoder, Folder.File("s.parquet"));
        float deviation = MathF.Sqrt(8f / 3);
        Assert.Equal([-2 / deviation, 0, 0, 2 / deviation], Column(block, 0, 4), Near);
        Assert.Equal([0, 0, 1, 0], Column(block, 1, 4));
        Assert.Equal([0, 0, 0, 0], Column(block, 2, 4));
        float[] z = Column(block, 3, 4);
        Assert.Equal(0, z.Sum(), 1e-5);
        Assert.Equal(4, z.Sum(v => v * v), 1e-4);
    }

    [Fact]
    public void Criteo_and_quantile_make_buckets()
    {
        double[] values = [.. Enumerable.Range(0, 640).Select(i => (double)i)];
        FeatureEncoder encoder = Fit(new TestShard().Column("label", [.. values.Select((_, i) => i % 2)]).Column("x", values).Column("q", values),
            new FeatureOptions { NumericTransforms = ["criteo", "q=quantile"] });
        Assert.Equal(0, encoder.Spec.N);
        Assert.Equal([0L, 1, 2, 41], new double[] { 0.5, 3, 4.2, 639 }.Select(NumericTransforms.CriteoBucket).Select((b, i) => i == 0 ? b : b));
        Assert.Equal(32, encoder.Vocabularies[1].Distinct);
        Assert.All(encoder.Vocabularies[1].Counts.Skip(2).SkipLast(1), count => Assert.Equal(20, count));
        Assert.Equal([-7, 0, 1, 2], new double[] { -6.5, 0, 1, 2 }.Select(NumericTransforms.CriteoBucket));
    }

    [Fact]
    public void Fit_does_not_depend_on_threads_or_row_groups()
    {
        TestShard shard = RandomShard.Of(3000, 1);
        string small = shard.Write(Folder.File("small.parquet"), 100), large = shard.Write(Folder.File("large.parquet"));
        string Fingerprint(string file, int workers)
        {
            ShardSet shards = ShardSet.Resolve([file]);
            FeatureEncoder encoder = FeatureEncoder.Fit(shards, FeaturePlan.Infer(shards, new FeatureOptions { Workers = workers }));
            encoder.Save(Folder.File("saved"));
            return string.Concat(Directory.GetFiles(Folder.File("saved"), "*", SearchOption.AllDirectories).Order().Select(f => Convert.ToBase64String(File.ReadAllBytes(f))));
        }

        Assert.Equal(Fingerprint(small, 1), Fingerprint(small, 4));
        Assert.Equal(Fingerprint(large, 1), Fingerprint(large, 2));
    }

    [Fact]
    public void Saved_encoder_encodes_the_same()
    {
        string path = RandomShard.Of(500, 2).Write(Folder.File("s.parquet"), 200);
        ShardSet shards = ShardSet.Resolve([path]);
        FeatureEncoder encoder = FeatureEncoder.Fit(shards, FeaturePlan.Infer(shards, new FeatureOptions
        {
            HashBuckets = ["city=11"],
            NumericTransforms = ["price=quantile"],
            MinCount = 2,
            GroupId = "user",
            Categorical = ["user"],
        }));
        encoder.Save(Folder.File("saved"));
        FeatureEncoder loaded = FeatureEncoder.Load(Folder.File("saved"));
        Assert.Equal(encoder.Spec.Vocabularies, loaded.Spec.Vocabularies);
        Assert.Equal(encoder.Spec.Categorical, loaded.Spec.Categorical);
        Assert.Equal(encoder.Spec.Numeric, loaded.Spec.Numeric);
        Assert.Equal(encoder.Spec.Sequences, loaded.Spec.Sequences);
        Assert.Equal(("user", encoder.TrainRows, encoder.LabelRate), (loaded.GroupKey, loaded.TrainRows, loaded.LabelRate));
        foreach ((VocabularyTable a, VocabularyTable b) in encoder.Vocabularies.Zip(loaded.Vocabularies))
            Assert.Equal(a.Counts, b.Counts);
        EncodedBlock x = Encode(encoder, path), y = Encode(loaded, path);
        Assert.Equal(x.TableRows, y.TableRows);
        Assert.Equal(x.Numeric, y.Numeric);
        Assert.Equal(x.GroupKeys, y.GroupKeys);
        Assert.Equal(x.Sequences[0].TableRows, y.Sequences[0].TableRows);
    }

    [Fact]
    public void Damaged_state_is_a_data_failure()
    {
        Fit(new TestShard().Column("label", 0, 1).Column("a", 1, 2)).Save(Folder.File("saved"));
        string json = Folder.File("saved/features.json"), text = File.ReadAllText(json), vocabulary = Directory.GetFiles(Folder.File("saved/vocab"))[0];
        void Fails(string part)
        {
            GpuCtrException failure = Assert.Throws<GpuCtrException>(() => FeatureEncoder.Load(Folder.File("saved")));
            Assert.Equal(ErrorKind.Data, failure.Kind);
            Assert.Contains(part, failure.Message);
        }

        File.WriteAllText(json, text[..^30]);
        Fails("features.json");
        File.WriteAllText(json, text.Replace("vocab/", "../vocab/"));
        Fails("outside");
        File.WriteAllText(json, text.Replace("\"rows\": 5", "\"rows\": 6"));
        Fails("expected 3");
        File.WriteAllText(json, text.Replace("\"vocabulary\": 0", "\"vocabulary\": 4"));
        Fails("points at");
        File.WriteAllText(json, text);
        File.Delete(vocabulary);
        Fails("missing");
        Assert.Equal(ErrorKind.Usage, Assert.Throws<GpuCtrException>(() => FeatureEncoder.Load(Folder.File("nowhere"))).Kind);
    }

    [Theory]
    [InlineData("2")]
    [InlineData("-1")]
    [InlineData("null")]
    public void Bad_label_names_its_place_and_value(string value)
    {
        long? bad = value == "null" ? null : long.Parse(value);
        GpuCtrException failure = Assert.Throws<GpuCtrException>(() => Fit(new TestShard().Nullable<long>("label", 0, 1, 0, bad, 1).Column("a", 1, 2, 3, 4, 5), groupRows: 2));
        Assert.Equal(ErrorKind.Data, failure.Kind);
        Assert.Contains($"row group 1, row 3, column 'label': label {value} is neither", failure.Message);
        Assert.Contains("s.parquet", failure.Message);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Number_that_is_not_finite_names_its_place(double value)
    {
        GpuCtrException failure = Assert.Throws<GpuCtrException>(() => Fit(new TestShard().Column("label", 0, 1, 0).Column("x", 1, value, 3), groupRows: 1));
        Assert.Equal(ErrorKind.Data, failure.Kind);
        Assert.Contains("row group 1, row 1, column 'x'", failure.Message);
    }

    [Fact]
    public void Labels_may_be_boolean_or_real()
    {
        Assert.Equal(0.5, Fit(new TestShard().Column("label", true, false).Column("a", 1, 2)).LabelRate);
        Assert.Equal(0.5, Fit(new TestShard().Column("label", 1f, 0f).Column("a", 1, 2)).LabelRate);
        Assert.Throws<GpuCtrException>(() => Fit(new TestShard().Column("label", 0.5f, 0f).Column("a", 1, 2)));
        Assert.Equal(ErrorKind.Data, Assert.Throws<GpuCtrException>(() => Fit(new TestShard().Text("label", "1", "0").Column("a", 1, 2))).Kind);
    }

    [Fact]
    public void Fit_learns_from_the_training_part_only()
    {
        int rows = 4000;
        ShardSet shards = ShardSet.Resolve([new TestShard().Column("label", [.. Enumerable.Range(0, rows).Select(i => i % 2)])
            .Column("id", [.. Enumerable.Range(0, rows)]).Write(Folder.File("s.parquet"), 300)]);
        var split = RowSplit.ByHash(0.1, 3);
        FeatureEncoder encoder = FeatureEncoder.Fit(shards, FeaturePlan.Infer(shards, new FeatureOptions()), new RowPart(split, RowSide.Train));
        var data = new Dataset(shards, encoder);
        Assert.Equal(encoder.TrainRows, data.CountRows(new RowPart(split, RowSide.Train)));
        Assert.Equal(rows - encoder.TrainRows, data.CountRows(new RowPart(split, RowSide.Valid)));
        Assert.Equal(encoder.TrainRows, encoder.Vocabularies[0].Distinct);
        Assert.InRange(rows - encoder.TrainRows, 320, 480);
    }

    [Fact]
    public void Missing_or_retyped_column_of_other_shards_is_named()
    {
        FeatureEncoder encoder = Fit(new TestShard().Column("label", 0, 1).Column("a", 1, 2).Column("x", 1.0, 2));
        string other = Folder.File("other.parquet");
        void Fails(TestShard shard, string text)
        {
            GpuCtrException failure = Assert.Throws<GpuCtrException>(() => new Dataset(ShardSet.Resolve([shard.Write(other)]), encoder));
            Assert.Equal(ErrorKind.Data, failure.Kind);
            Assert.Contains(text, failure.Message);
        }

        Fails(new TestShard().Column("label", 0, 1).Column("x", 1.0, 2), "column 'a' is missing");
        Fails(new TestShard().Column("label", 0, 1).Text("a", "1", "2").Column("x", 1.0, 2), "column 'a' is string");
        Fails(new TestShard().Column("a", 1, 2).Column("x", 1.0, 2), "column 'label' is missing");
        new Dataset(ShardSet.Resolve([new TestShard().Column("a", 1, 2).Column("x", 1.0, 2).Write(other)]), encoder, new DatasetOptions { NeedLabel = false }).Load([0], default);
        new Dataset(ShardSet.Resolve([new TestShard().Column("label", 0, 1).Column("a", 1L, 2L).Column("x", 1f, 2).Write(other)]), encoder).Load([0], default);
    }

    private static bool Near(float a, float b) => Math.Abs(a - b) < 1e-5f;

    private static float[] Column(EncodedBlock block, int n, int stride) => [.. Enumerable.Range(0, block.Rows).Select(r => block.Numeric[r * stride + n])];
}
