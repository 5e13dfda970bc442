using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Tests.Shards;

/// <summary>Tests that fit several shards of one table.</summary>
public abstract class FittedShards : OwnFolder
{
    protected static TestShard Ids(Action<TestShard> columns)
    {
        TestShard shard = new TestShard().Column("label", 0, 1, 1, 0);
        columns(shard);
        return shard;
    }

    /// <summary>The same fields, vocabularies and encoded rows as those of another encoder, whose shards are written first.</summary>
    protected void Same(FeatureEncoder expected, params TestShard[] shards) => Same(expected, new FeatureOptions(), shards);

    protected void Same(FeatureEncoder expected, FeatureOptions options, params TestShard[] shards)
    {
        FeatureEncoder found = Fit(options, shards);
        Assert.Equal(expected.Spec.Categorical, found.Spec.Categorical);
        Assert.Equal(expected.State.Categorical.Select(c => c.Rule), found.State.Categorical.Select(c => c.Rule));
        Assert.Equal(expected.State.Numeric, found.State.Numeric);
        Assert.Equal(expected.State.Sequences.Select(s => (s.Vocabulary, s.Target)), found.State.Sequences.Select(s => (s.Vocabulary, s.Target)));
        foreach ((VocabularyTable a, VocabularyTable b) in expected.Vocabularies.Zip(found.Vocabularies))
        {
            Assert.Equal(Enumerable.Range(0, a.Rows).Select(a.Describe), Enumerable.Range(0, b.Rows).Select(b.Describe));
            Assert.Equal(a.Counts, b.Counts);
        }

        int[] blocks = [.. Enumerable.Range(0, shards.Length)];
        foreach ((EncodedBlock a, EncodedBlock b) in new Dataset(Resolve(), expected).Load(blocks, default).Zip(new Dataset(Resolve(), found).Load(blocks, default)))
        {
            Assert.Equal(a.TableRows, b.TableRows);
            Assert.Equal(a.Numeric, b.Numeric);
            Assert.Equal(a.Sequences.Select(s => s.TableRows), b.Sequences.Select(s => s.TableRows));
        }
    }

    protected int[] Encode(FeatureEncoder encoder, TestShard shard)
    {
        Write(shard);
        return new Dataset(Resolve(), encoder).Load([0], default)[0].TableRows;
    }

    protected FeatureEncoder Fit(params TestShard[] shards) => Fit(new FeatureOptions(), shards);

    protected FeatureEncoder Fit(FeatureOptions options, params TestShard[] shards)
    {
        Write(shards);
        return FeatureEncoder.Fit(Resolve(), FeaturePlan.Infer(Resolve(), options));
    }

    protected void Write(params TestShard[] shards)
    {
        foreach (string old in Directory.GetFiles(Folder.Path))
            File.Delete(old);
        for (int i = 0; i < shards.Length; i++)
            shards[i].Write(Folder.File($"{i}.parquet"));
    }

    protected ShardSet Resolve() => ShardSet.Resolve([Folder.Path]);
}
