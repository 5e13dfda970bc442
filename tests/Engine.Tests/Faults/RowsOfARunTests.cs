using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Data.Splits;
using GpuCtr.Kernels.Devices;
using GpuCtr.Models.Features;

namespace GpuCtr.Engine.Tests.Faults;

[Trait("Speed", "Fast")]
public sealed class RowsOfARunTests : OwnFolder
{
    private const int Rows = 1_000, Batch = 10;

    [Theory]
    [InlineData(1L << 30)]
    [InlineData(4_000)]
    public void Fault12_Resuming_at_any_step_loses_and_repeats_no_row(long memory)
    {
        string shard = new TestShard().Column("label", new int[Rows]).Column("id", [.. Enumerable.Range(0, Rows)]).Write(Folder.File("x.parquet"), groupRows: 70);
        ShardSet shards = ShardSet.Resolve([shard]);
        FeatureEncoder encoder = FeatureEncoder.Fit(shards, FeaturePlan.Infer(shards, new FeatureOptions()));
        Dataset data = new(shards, encoder, new DatasetOptions { MemoryBytes = memory });
        Assert.Equal(memory > Rows * 8, data.InMemory);
        using Device device = Device.Open("cpu", threads: 1);
        using Batch batch = new(device, encoder.Spec, Batch);
        int[] whole = Read(0, int.MaxValue);
        Assert.Equal(Rows, whole.Distinct().Count());
        for (int step = 0; step <= Rows / Batch; step++)
            Assert.Equal<IEnumerable<int>>(whole, [.. Read(0, step), .. Read(step * Batch, int.MaxValue)]);

        int[] Read(long skip, int batches)
        {
            using EpochReader reader = data.Read(RowPart.All, EpochOrder.Shuffle(7, 3));
            reader.Skip(skip);
            List<int> ids = [];
            for (int i = 0; i < batches && reader.Next(batch); i++)
                ids.AddRange(batch.TableRows[..batch.Rows]);
            return [.. ids];
        }
    }
}
