using GpuCtr.Kernels;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models.Features;
using GpuCtr.Tests;

namespace GpuCtr.Models.Tests.NextItems;

/// <summary>What every model promises, for the models of next items.</summary>
public sealed class NextItemTests
{
    private const int B = 24, Steps = 40;

    public static TheoryData<string> Names => new(NextItemData.Models.Keys);

    public static TheoryData<string, string> OnDevices => TestDevices.Times(NextItemData.Models.Keys);

    [Theory]
    [MemberData(nameof(Names))]
    public void Same_seed_gives_the_same_bits_on_a_device_and_the_same_curve_on_all(string name)
    {
        double[]? first = null;
        foreach (Device device in TestDevices.Names.Select(TestDevices.Find).OfType<Device>())
        {
            (double[] losses, int[] bits) = Train(device, name, seed: 1);
            Assert.Equal(bits, Train(device, name, seed: 1).Bits);
            first ??= losses;
            for (int step = 0; step < Steps; step++)
                if (!(Math.Abs(losses[step] - first[step]) <= 1e-4 * first[step]))
                    Assert.Fail($"step {step + 1} on {device}: loss {losses[step]:R}, on the first device {first[step]:R}");
        }
    }

    /// <summary>ln 12 = 2.48 where all items are alike, ln 3 = 1.10 where the kind is known; every batch is a new one. A BERT4Rec entry with only masks around it cannot know.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void The_kind_of_a_sequence_is_learned(string name)
    {
        using TrainableModel model = NextItemData.Model(TestDevices.Get("cpu simd"), name, B);
        double sum = 0;
        for (int step = 0; step < 480; step++)
        {
            using Batch batch = NextItemData.Batch(model, name, B, seed: step);
            model.TrainStep(batch, 0.005);
            double loss = model.TakeLoss();
            sum += step >= 400 ? loss : 0;
        }
        Assert.InRange(sum / 80, 1, 1.6);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Threads_of_the_cpu_device_do_not_change_a_bit_and_another_seed_does(string name)
    {
        int[]? first = null;
        foreach (int threads in new[] { 1, 2, 3 })
        {
            using Device device = Device.Open("cpu", threads: threads);
            int[] bits = Train(device, name, seed: 1).Bits;
            Assert.Equal(first ??= bits, bits);
            if (threads == 1)
                Assert.NotEqual(bits, Train(device, name, seed: 2).Bits);
        }
    }

    [SkippableTheory]
    [MemberData(nameof(OnDevices))]
    public void Room_for_longer_sequences_changes_no_bit_of_a_training_step(string device, string name)
    {
        Dictionary<string, int[]> Step(int longest)
        {
            using TrainableModel model = NextItemData.Model(TestDevices.Get(device), name, B, longest);
            using Batch batch = NextItemData.Batch(model, name, B, seed: 3);
            model.TrainStep(batch, 0.01);
            return model.Weights.ToDictionary(w => w.Name, w => Bits(w.ToArray(model.Device)));
        }
        Dictionary<string, int[]> longer = Step(NextItemData.Longest + 30);
        // The longer model has vectors of more places, which no row has.
        foreach ((string weight, int[] bits) in Step(NextItemData.Longest))
            Assert.Equal(bits, longer[weight][..bits.Length]);
    }

    [SkippableTheory]
    [MemberData(nameof(OnDevices))]
    public void Padding_row_stays_zero_and_the_mask_learns_only_as_input(string device, string name)
    {
        using TrainableModel model = NextItemData.Model(TestDevices.Get(device), name, B);
        Tensor table = model.Weights.Single(w => w.Name == "embedding");
        float[] before = table.ToArray(model.Device);
        using Batch batch = NextItemData.Batch(model, name, B, seed: 3);
        model.TrainStep(batch, 0.01);
        float[] after = table.ToArray(model.Device);
        bool[] moved = [.. before.Zip(after, (x, y) => x != y).Chunk(table.Columns).Select(row => row.Any(m => m))];
        Assert.All(after[..table.Columns], x => Assert.Equal(0, x));
        Assert.Equal([false, .. Enumerable.Repeat(true, NextItemData.Items), name != "sasrec"], moved);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_hundred_steps_allocate_nothing(string name)
    {
        Device device = TestDevices.Get("cpu simd");
        using TrainableModel model = NextItemData.Model(device, name, B);
        Batch[] batches = [.. Enumerable.Range(0, 4).Select(seed => NextItemData.Batch(model, name, B, seed))];
        void Run()
        {
            for (int step = 0; step < 100; step++)
            {
                batches[step % 4].Prepare();
                model.TrainStep(batches[step % 4], 1e-3);
                if (step % 10 == 9)
                    model.TakeLoss();
            }
        }
        Run();
        ThreadAllocations threads = new(device.Team!);
        long[] allocated = [.. Enumerable.Range(0, 10).Select(_ => threads.Of(Run)).TakeWhile(bytes => bytes > 0)];
        Assert.True(allocated.Length < 10, $"bytes allocated in rounds of 100 steps: {string.Join(", ", allocated)}");
        foreach (Batch batch in batches)
            batch.Dispose();
    }

    [Fact]
    public void Lazy_updates_of_a_table_that_is_read_as_a_whole_are_refused() => Assert.Contains(
        "use --embedding-update dense",
        Assert.Throws<KernelException>(() => new TrainableModel(
            TestDevices.Get("cpu simd"), NextItemData.Spec(), NextItemData.Models["sasrec"] with { EmbeddingDim = 8, EmbeddingUpdate = EmbeddingUpdate.Lazy }, B)).Message,
        StringComparison.Ordinal);

    [Fact]
    public void Predictions_outside_their_batch_are_refused()
    {
        using Batch batch = new(TestDevices.Get("cpu simd"), NextItemData.Spec() with { MostPredictions = NextItemData.Longest }, 2) { Rows = 2 };
        batch.Sequences[0].SetIds(0, [3, 4]);
        batch.Sequences[0].SetIds(1, [5]);
        BatchPredictions predictions = batch.Predictions!;
        predictions.Add(1, 3);
        Assert.Contains("at entry 1: entries must increase", Assert.Throws<ArgumentException>(() => predictions.Add(1, 3)).Message, StringComparison.Ordinal);
        predictions.Add(3, 3);
        Assert.Contains("prediction 1 of the batch is at entry 3, and its sequences have 3", Assert.Throws<ArgumentException>(() => batch.Prepare()).Message, StringComparison.Ordinal);
        predictions.Clear();
        predictions.Add(2, 99);
        Assert.Contains("99, is outside the vocabulary of sequence, which has 14 rows", Assert.Throws<ArgumentException>(() => batch.Prepare()).Message, StringComparison.Ordinal);
    }

    private static (double[] Losses, int[] Bits) Train(Device device, string name, ulong seed)
    {
        using TrainableModel model = NextItemData.Model(device, name, B, seed: seed);
        double[] losses = new double[Steps];
        for (int step = 0; step < Steps; step++)
        {
            // Every fifth batch is a smaller one.
            using Batch batch = NextItemData.Batch(model, name, step % 5 == 4 ? B / 3 : B, seed: step);
            model.TrainStep(batch, 0.02);
            losses[step] = model.TakeLoss();
        }
        return (losses, [.. model.Weights.SelectMany(w => Bits(w.ToArray(device)))]);
    }

    private static int[] Bits(float[] values) => [.. values.Select(BitConverter.SingleToInt32Bits)];
}
