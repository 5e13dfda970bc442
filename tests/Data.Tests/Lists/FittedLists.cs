using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Tests.Lists;

/// <summary>Tests that fit shards with a column of lists.</summary>
public abstract class FittedLists : OwnFolder
{
    protected static TestShard Items() => new TestShard().Column("label", 0, 1, 0, 1, 0, 1).Column("item", 12L, 8L, 8L, 53L, 4L, -7L);

    protected EncodedBlock[] Encode(FeatureEncoder encoder, string name)
    {
        Dataset data = new(ShardSet.Resolve([Folder.File(name)]), encoder);
        return data.Load([.. Enumerable.Range(0, data.Blocks.Count)], default);
    }

    protected FeatureEncoder Fit(TestShard shard, FeatureOptions options, int groupRows = int.MaxValue, string name = "s.parquet")
    {
        ShardSet shards = ShardSet.Resolve([shard.Write(Folder.File(name), groupRows)]);
        return FeatureEncoder.Fit(shards, FeaturePlan.Infer(shards, options));
    }
}
