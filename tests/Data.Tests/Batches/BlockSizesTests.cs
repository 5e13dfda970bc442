using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Tests.Batches;

[Trait("Speed", "Fast")]
public sealed class BlockSizesTests : OwnFolder
{
    [Fact]
    public void Any_window_twice_and_its_decoding_fit_the_memory_that_they_are_made_for()
    {
        ShardSet shards = Shards();
        FeatureEncoder encoder = FeatureEncoder.Fit(shards, FeaturePlan.Infer(shards, new FeatureOptions()));
        BlockSizes sizes = new(shards, encoder);
        long[] largestFirst = [.. shards.RowGroups.Select(g => g.Rows * 4L * (encoder.Spec.F + encoder.Spec.N + 2)).OrderDescending()];
        Assert.Equal(largestFirst.Sum(), sizes.Total);
        int last = 0;
        for (long memory = sizes.Least; !sizes.Fit(memory); memory += memory / 10)
        {
            int window = sizes.Window(memory);
            Assert.InRange(2 * largestFirst.Take(window).Sum() + shards.DecodeThreads(memory, 64) * sizes.Decode, 1, memory);
            Assert.InRange(window, last, largestFirst.Length);
            last = window;
        }

        Assert.InRange(last, 3, largestFirst.Length);
        Assert.Equal(1, sizes.Window(0));
        Assert.Equal(1, shards.DecodeThreads(0, 64));
    }

    /// <summary>Row groups of two sizes.</summary>
    private ShardSet Shards() => ShardSet.Resolve([.. new[] { 3000, 100 }.Select(groupRows => new TestShard()
        .Column("label", new int[30_000]).Column("a", [.. Enumerable.Range(0, 30_000)]).Column("b", [.. Enumerable.Range(0, 30_000).Select(i => i * 0.5f)])
        .Write(Folder.File($"{groupRows}.parquet"), groupRows))]);
}
