using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Tests.Shards;

/// <summary>Real files, if they are present beside the repository.</summary>
public sealed class SharedDataTests
{
    [SkippableFact]
    public void Frappe_has_its_rows_and_columns()
    {
        ShardSet shards = ShardSet.Resolve([SharedData.File("frappe/train.parquet")]);
        Assert.Equal(202_027, shards.Rows);
        FeaturePlan plan = FeaturePlan.Infer(shards, new FeatureOptions());
        FeatureEncoder encoder = FeatureEncoder.Fit(shards, plan);
        Assert.Equal(10, encoder.Spec.F);
        Assert.Equal(5382, encoder.Vocabularies.Sum(v => v.Distinct), 200.0);
        Assert.Equal(67_604.0 / 202_027, encoder.LabelRate, 12);
        Assert.All(encoder.Vocabularies, v => Assert.Equal(202_027, v.Counts.Sum()));
    }

    [SkippableFact]
    public void Beauty_pairs_histories_with_their_targets()
    {
        ShardSet shards = ShardSet.Resolve([SharedData.File("amazon_beauty/train.parquet")]);
        FeaturePlan plan = FeaturePlan.Infer(shards, new FeatureOptions { GroupId = "user" });
        FeatureEncoder encoder = FeatureEncoder.Fit(shards, plan);
        Assert.Equal(["item", "category"], encoder.Spec.Categorical.Select(c => c.Name));
        Assert.Equal([0, 1], encoder.Spec.Sequences.Select(s => s.Target));
        Assert.Equal([0, 1], encoder.Spec.Sequences.Select(s => s.Vocabulary));
        var data = new Dataset(shards, encoder);
        EncodedBlock block = data.Load([0], default)[0];
        Assert.Equal(65536, block.Rows);
        Assert.True(block.Sequences[0].TableRows.Length > block.Rows);
    }

    public static TheoryData<string> TinySamples() => new(SharedData.Files("tiny_samples", "*.parquet"));

    private const string IndicesWithoutBits = "parquet_testing/bad_data/ARROW-GH-43605.parquet";

    public static TheoryData<string> BadFiles() => new(SharedData.Files("parquet_testing/bad_data", "*.parquet").Where(f => f != IndicesWithoutBits));

    public static TheoryData<string> ManyWriters() => new(SharedData.Files("parquet_testing/data", "*.parquet"));

    [SkippableTheory]
    [MemberData(nameof(TinySamples))]
    public void Tiny_samples_train(string file)
    {
        ShardSet shards = ShardSet.Resolve([SharedData.File(file)]);
        string? label = shards.Column("clk") is null ? null : "clk";
        FeatureEncoder encoder = FeatureEncoder.Fit(shards, FeaturePlan.Infer(shards, new FeatureOptions { Label = label }));
        var data = new Dataset(shards, encoder);
        Assert.Equal(100, data.Load([0], default)[0].Rows);
    }

    [SkippableTheory]
    [MemberData(nameof(BadFiles))]
    public void Bad_files_end_in_one_data_failure(string file)
    {
        string path = SharedData.File(file);
        GpuCtrException failure = Assert.Throws<GpuCtrException>(() => Patience.Ends(() => ReadAll(path, stopAtUnsupported: true)));
        Assert.Equal(ErrorKind.Data, failure.Kind);
        Assert.Contains(Path.GetFileName(file), failure.Message);
        Assert.DoesNotContain('\n', failure.Message);
    }

    /// <summary>One dictionary entry with indices of width 0 is unusual, but has only one meaning.</summary>
    [SkippableFact]
    public void File_whose_indices_have_no_bits_is_read() => ReadAll(SharedData.File(IndicesWithoutBits), stopAtUnsupported: true);

    [SkippableTheory]
    [MemberData(nameof(ManyWriters))]
    public void Files_of_many_writers_are_read_or_refused_in_one_line(string file)
    {
        try
        {
            ReadAll(SharedData.File(file), stopAtUnsupported: false);
        }
        catch (GpuCtrException failure)
        {
            Assert.Equal(ErrorKind.Data, failure.Kind);
            Assert.Contains(Path.GetFileName(file), failure.Message);
            Assert.DoesNotContain('\n', failure.Message);
        }
    }

    private static void ReadAll(string path, bool stopAtUnsupported)
    {
        Shard shard = Shard.Open(path, 0);
        using ShardReader reader = shard.Rent();
        foreach (RowGroupRef group in shard.RowGroups)
        {
            foreach (StoredColumn column in shard.Columns)
            {
                if (column.Kind != ValueKind.Unsupported || stopAtUnsupported)
                    reader.Read(group.Group, column.Name, new ColumnBuffer());
            }
        }
    }
}
