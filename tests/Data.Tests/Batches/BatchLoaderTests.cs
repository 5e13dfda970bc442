using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Data.Splits;
using GpuCtr.Kernels.Devices;
using GpuCtr.Models;
using GpuCtr.Models.Features;

namespace GpuCtr.Data.Tests.Batches;

[Collection(nameof(Alone))]
public sealed class BatchLoaderTests : OwnFolder
{
    private readonly Device device = Device.Open("cpu");

    public override void Dispose()
    {
        base.Dispose();
        device.Dispose();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Batches_come_in_the_order_of_the_reader(int threads)
    {
        Dataset data = Open(2000, 150, 20_000);
        var expected = new List<int[]>();
        using (var batch = new Batch(device, data.Encoder.Spec, 64))
        using (EpochReader reader = data.Read(RowPart.All, EpochOrder.Shuffle(1, 0)))
        {
            while (reader.Next(batch))
            {
                batch.Prepare();
                expected.Add(batch.TableRows[..(batch.Rows * data.Encoder.Spec.F)].ToArray());
            }
        }

        using var loader = new BatchLoader(device, data.Encoder.Spec, 64, threadCount: threads);
        for (int epoch = 0; epoch < 3; epoch++)
        {
            loader.Start(data.Read(RowPart.All, EpochOrder.Shuffle(1, 0)));
            int count = 0;
            while (loader.Next() is { } batch)
            {
                Assert.Equal(expected[count++], batch.TableRows[..(batch.Rows * data.Encoder.Spec.F)].ToArray());
                loader.Release(batch);
            }

            Assert.Equal(expected.Count, count);
            Assert.Null(loader.Next());
        }
    }

    [Fact]
    public void Failure_of_the_loader_reaches_the_consumer()
    {
        Dataset data = Open(2000, 150, 20_000);
        using var loader = new BatchLoader(device, data.Encoder.Spec, 64);
        loader.Start(data.Read(RowPart.All, EpochOrder.Natural));
        loader.Release(loader.Next()!);
        File.AppendAllText(Folder.File("s.parquet"), "changed");
        GpuCtrException failure = Assert.Throws<GpuCtrException>(() =>
        {
            while (loader.Next() is { } batch)
                loader.Release(batch);
        });
        Assert.Equal(ErrorKind.Data, failure.Kind);
    }

    [Fact]
    public void Epoch_can_be_stopped_and_another_started()
    {
        Dataset data = Open(2000, 150, 20_000);
        using var loader = new BatchLoader(device, data.Encoder.Spec, 64);
        for (int i = 0; i < 5; i++)
        {
            loader.Start(data.Read(RowPart.All, EpochOrder.Shuffle(1, i)));
            loader.Release(loader.Next()!);
        }

        loader.Stop();
        Assert.Null(loader.Next());
    }

    [Fact]
    public void Cancellation_wakes_a_waiting_consumer()
    {
        Dataset data = Open(200, 150, 1 << 20);
        using var loader = new BatchLoader(device, data.Encoder.Spec, 64);
        loader.Start(data.Read(RowPart.All, EpochOrder.Natural));
        Batch[] held = [loader.Next()!, loader.Next()!, loader.Next()!];
        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        // All slots are held, so nothing can come.
        Assert.ThrowsAny<OperationCanceledException>(() => loader.Next(cancel.Token));
        foreach (Batch batch in held)
            loader.Release(batch);
        Assert.Equal(8, loader.Next()!.Rows);
    }

    [Fact]
    public void Stall_names_the_stage()
    {
        Dataset data = Open(200, 150, 1 << 20);
        using var loader = new BatchLoader(device, data.Encoder.Spec, 64);
        loader.Start(data.Read(RowPart.All, EpochOrder.Natural));
        for (int i = 0; i < 3; i++)
            loader.Next();
        // All slots are held, so nothing can come.
        loader.StallLimit = TimeSpan.FromMilliseconds(200);
        GpuCtrException failure = Assert.Throws<GpuCtrException>(() => loader.Next());
        Assert.Contains("stuck", failure.Message);
        Assert.Contains("gathering rows", failure.Message);
    }

    [Fact]
    public void Filling_a_batch_allocates_nothing()
    {
        Dataset data = Open(20_000, 5000, 1 << 30);
        using var batch = new Batch(device, data.Encoder.Spec, 16);
        long Fill()
        {
            using EpochReader reader = data.Read(RowPart.All, EpochOrder.Shuffle(1, 0));
            Assert.True(reader.Next(batch));
            long before = GC.GetAllocatedBytesForCurrentThread();
            while (reader.Next(batch))
            {
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.Equal(0, Allocations.Least(Fill));
    }

    [Fact]
    public void Taking_and_releasing_a_batch_allocates_nothing()
    {
        Dataset data = Open(20_000, 5000, 1 << 30);
        using var loader = new BatchLoader(device, data.Encoder.Spec, 16);
        loader.Start(data.Read(RowPart.All, EpochOrder.Natural));
        Assert.Equal(0, Allocations.Least(() =>
        {
            for (int i = 0; i < 200; i++)
                loader.Release(loader.Next()!);
        }));
    }

    [Fact]
    public void A_hundred_steps_behind_the_loader_allocate_nothing_on_the_threads_of_either()
    {
        Dataset data = Open(20_000, 5000, 1 << 30);
        using TrainableModel model = new(device, data.Encoder.Spec, ModelCatalog.Defaults("deepfm") with { EmbeddingDim = 4, HiddenUnits = [8] }, 32);
        using var loader = new BatchLoader(device, model.Spec, 32, slotCount: 4);
        using CancellationTokenSource never = new();
        loader.Start(data.Read(RowPart.All, EpochOrder.Shuffle(1, 0)));
        long Allocated() => GC.GetAllocatedBytesForCurrentThread() + loader.AllocatedBytes;
        long Train(int steps)
        {
            long before = Allocated();
            for (int i = 0; i < steps; i++)
            {
                Batch batch = loader.Next(never.Token)!;
                model.TrainStep(batch, 1e-3);
                loader.Release(batch);
            }

            return Allocated() - before;
        }

        Assert.Equal(0, Allocations.Least(() => Train(100)));
    }

    private Dataset Open(int rows, int groupRows, long memory)
    {
        string path = RandomShard.Of(rows, 5).Write(Folder.File("s.parquet"), groupRows);
        ShardSet shards = ShardSet.Resolve([path]);
        return new Dataset(shards, FeatureEncoder.Fit(shards, FeaturePlan.Infer(shards, new FeatureOptions())), new DatasetOptions { MemoryBytes = memory });
    }
}
