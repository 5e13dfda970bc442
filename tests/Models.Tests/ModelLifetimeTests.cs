using System.Collections.Concurrent;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models.Features;

namespace GpuCtr.Models.Tests;

/// <summary>Calls on disposed objects, from several threads, and with batches that were tampered with: they throw, and never touch memory that was freed.</summary>
public sealed class ModelLifetimeTests
{
    private const int B = 8;

    private static readonly FeatureSpec spec = SmallData.Spec(histories: true);

    private static readonly ModelOptions options = ModelCatalog.Defaults("din") with { HiddenUnits = [8], AttentionUnits = [4], EmbeddingDim = 4 };

    public static TheoryData<int, KernelChoice> Devices => new() { { 1, KernelChoice.Auto }, { 3, KernelChoice.Auto }, { 2, KernelChoice.Portable } };

    [Theory]
    [InlineData(1, 200)]
    [InlineData(3, 50)]
    public void Calls_during_which_a_model_is_disposed_end_with_logits_or_an_exception(int threads, int models)
    {
        using Device device = Device.Open("cpu", threads: threads);
        float[] expected = new float[B];
        using (Batch batch = SmallData.Batch(device, spec, B, seed: 1))
        using (FrozenModel model = New(device))
            model.Predict(batch, expected);
        FrozenModel current = New(device);
        bool over = false;
        ConcurrentQueue<Exception> wrong = [];
        Thread[] callers = [.. Enumerable.Range(0, 3).Select(_ => new Thread(() =>
        {
            float[] logits = new float[B];
            using Batch batch = SmallData.Batch(device, spec, B, seed: 1);
            while (!Volatile.Read(ref over))
            {
                try
                {
                    Volatile.Read(ref current).Predict(batch, logits);
                    Assert.Equal(expected, logits);
                }
                catch (Exception e)
                {
                    if (e is not ObjectDisposedException { ObjectName: nameof(FrozenModel) })
                        wrong.Enqueue(e);
                }
            }
        }))];
        foreach (Thread t in callers)
            t.Start();
        for (int i = 0; i < models; i++)
            Interlocked.Exchange(ref current, New(device)).Dispose();
        Volatile.Write(ref over, true);
        foreach (Thread t in callers)
            t.Join();
        current.Dispose();
        Assert.Empty(wrong);
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void Every_call_on_a_disposed_object_says_that_it_is_disposed(int threads, KernelChoice kernels)
    {
        Device device = Device.Open("cpu", kernels, threads);
        Batch batch = SmallData.Batch(device, spec, B, seed: 1), small = SmallData.Batch(device, SmallData.Spec(histories: false), B, seed: 1);
        TrainableModel trained = new(device, spec, options, B);
        FrozenModel frozen = New(device);
        trained.TrainStep(batch, 0.01);
        Tensor weights = trained.Weights.First();
        trained.Dispose();
        trained.Dispose();
        Disposed(nameof(TrainableModel), () => trained.TrainStep(batch, 0.01), () => trained.Predict(batch, new float[B]), () => trained.TakeLoss(), () => trained.ReadGuard(),
            () => trained.Step = 3, () => weights.ToArray(device), () => weights.Write(device, [1f]), () => { _ = trained.Weights.Last().ToArray(device); });
        Assert.Throws<ObjectDisposedException>(() => weights.View);
        frozen.Dispose();
        Disposed(nameof(FrozenModel), () => frozen.Predict(batch, new float[B]), () => frozen.Weights.First().ToArray(device));
        batch.Dispose();
        batch.Dispose();
        batch.SetId(0, 0, 1);
        small.Dispose();
        device.Dispose();
        device.Dispose();
        Disposed(nameof(Device), device.Synchronize, () => _ = device.AvailableBytes, () => New(device), () => _ = new TrainableModel(device, spec, options, B));
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void A_device_may_be_disposed_before_its_models(int threads, KernelChoice kernels)
    {
        Device device = Device.Open("cpu", kernels, threads);
        using Batch batch = SmallData.Batch(device, spec, B, seed: 1);
        using TrainableModel trained = new(device, spec, options, B);
        using FrozenModel frozen = New(device);
        trained.TrainStep(batch, 0.01);
        device.Dispose();
        Disposed(nameof(Device), () => trained.TrainStep(batch, 0.01), () => frozen.Predict(batch, new float[B]));
    }

    [Fact]
    public void A_twin_keeps_the_weights_of_the_model_it_comes_from()
    {
        using Device device = Device.Open("cpu", threads: 1);
        using Batch batch = SmallData.Batch(device, spec, B, seed: 1);
        float[] expected = new float[B], logits = new float[B];
        FrozenModel model = New(device);
        model.Weights.First().Write(device, [0.5f, 0.25f]);
        model.Predict(batch, expected);
        using FrozenModel replica = model.Replica();
        model.Dispose();
        replica.Predict(batch, logits);
        Assert.Equal(expected, logits);
        Disposed(nameof(FrozenModel), () => model.Replica());
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void A_batch_that_was_tampered_with_is_refused(int threads, KernelChoice kernels)
    {
        using Device device = Device.Open("cpu", kernels, threads);
        using FrozenModel model = New(device);
        using TrainableModel trained = new(device, spec, options, B);
        using Batch batch = SmallData.Batch(device, spec, B, seed: 1);
        foreach (Action<Batch> tamper in new Action<Batch>[]
        {
            b => b.TableRows[3] = int.MaxValue, b => b.TableRows[B * 3 - 1] = -1, b => b.Sequences[0].TableRows[0] = 1 << 20, b => b.Sequences[1].TableRows[0] = int.MinValue,
            b => b.Sequences[0].Offsets[4] = 1 << 20, b => b.Sequences[1].Offsets[B] = 1 << 20, b => b.Sequences[2].Offsets[0] = -5, b => b.Sequences[1].Offsets[1] = 3,
            b => b.Rows = B, b => b.Rows = 2,
        })
        {
            using Batch bad = SmallData.Batch(device, spec, B, seed: 1);
            tamper(bad);
            Exception? predict = Record.Exception(() => model.Predict(bad, new float[B])), train = Record.Exception(() => trained.TrainStep(bad, 0.01));
            Assert.True(predict is InvalidOperationException or ArgumentException, $"{predict}");
            Assert.True(train is InvalidOperationException or ArgumentException, $"{train}");
        }
        Assert.Throws<ArgumentOutOfRangeException>(() => batch.Rows = B + 1);
        Assert.Throws<ArgumentOutOfRangeException>(() => batch.Rows = -1);
        Assert.ThrowsAny<ArgumentException>(() => model.Predict(batch, new float[1]));
        using Batch predicted = new(device, spec, B) { Rows = 1 };
        predicted.Prepare(training: false);
        if (!device.SortsLookups)
            Assert.Throws<InvalidOperationException>(() => trained.TrainStep(predicted, 0.01));
    }

    [Fact]
    public void Storage_is_read_and_written_within_its_bounds_alone()
    {
        using Device device = Device.Open("cpu", threads: 1), other = Device.Open("cpu", threads: 1);
        using Workspace workspace = new(device);
        Tensor t = workspace.Tensor("t", 2, 3);
        Assert.Throws<ArgumentException>(() => t.ToArray(device));
        workspace.Allocate();
        Assert.Throws<InvalidOperationException>(workspace.Allocate);
        Assert.Throws<ArgumentException>(() => t.Write(other, [1f]));
        foreach (long offset in new long[] { -1, 6, long.MaxValue, long.MinValue })
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => t.Write(device, [1f], offset));
            Assert.Throws<ArgumentOutOfRangeException>(() => t.Read(device, new float[1], offset));
        }
        using PinnedBuffer<float> buffer = new(device, 4);
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.CopyTo(device, t, 4, 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.CopyTo(device, t, 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.CopyTo(device, t, -1));
        workspace.Dispose();
        Disposed(nameof(Workspace), () => buffer.CopyTo(device, t, 1), () => t.ToArray(device), workspace.Allocate);
    }

    private static FrozenModel New(Device device) => new(device, spec, options, B);

    private static void Disposed(string name, params Action[] calls)
    {
        foreach (Action call in calls)
            Assert.Contains(name, Assert.Throws<ObjectDisposedException>(call).ObjectName);
    }
}
