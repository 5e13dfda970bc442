using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Tests.Features;

/// <summary>Tests that fit one shard and encode it.</summary>
public abstract class FittedShard : OwnFolder
{
    protected static EncodedBlock Encode(FeatureEncoder encoder, string path) => new Dataset(ShardSet.Resolve([path]), encoder).Load([0], default)[0];

    protected FeatureEncoder Fit(TestShard shard, FeatureOptions? options = null, int groupRows = int.MaxValue)
    {
        ShardSet shards = ShardSet.Resolve([shard.Write(Folder.File("s.parquet"), groupRows)]);
        return FeatureEncoder.Fit(shards, FeaturePlan.Infer(shards, options ?? new FeatureOptions()));
    }
}
