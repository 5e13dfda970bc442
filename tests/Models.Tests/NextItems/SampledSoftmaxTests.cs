using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models.Features;
using GpuCtr.Tests;

namespace GpuCtr.Models.Tests.NextItems;

/// <summary>Models of next items that are trained on candidates in place of all items.</summary>
public sealed class SampledSoftmaxTests
{
    private const int B = 24, Draws = 3;

    [Theory]
    [InlineData(EmbeddingUpdate.Lazy)]
    [InlineData(EmbeddingUpdate.Dense)]
    [InlineData(EmbeddingUpdate.Replay)]
    public void The_kind_of_a_sequence_is_learned_and_ranks_first_among_all_items(EmbeddingUpdate update)
    {
        using TrainableModel model = Model(TestDevices.Get("cpu simd"), update);
        // A small batch, so that few items are candidates.
        using Batch batch = new(model.Device, model.Spec, B);
        for (int step = 0; step < 400; step++)
        {
            Fill(batch, 4, step);
            Assert.InRange(batch.Predictions!.Candidates.Length, 1, NextItemData.Items);
            model.TrainStep(batch, 0.005);
        }
        using ItemRanking ranking = new(model, new(Ranks: true));
        Fill(batch, B, 1000);
        int[] ranks = new int[batch.Predictions!.Count];
        ranking.RanksOf(batch, ranks);
        // Any of the three items of a kind may come next.
        Assert.InRange(ranks.Count(r => r <= 3) / (double)ranks.Length, 0.9, 1);
    }

    [Fact]
    public void Same_seed_gives_the_same_bits_on_any_number_of_threads_and_the_same_curve_on_all_devices()
    {
        int[]? bits = null;
        double[]? first = null;
        foreach (int threads in new[] { 1, 3 })
        {
            using Device device = Device.Open("cpu", threads: threads);
            (double[] losses, int[] now) = Train(device);
            Assert.Equal(bits ??= now, now);
            first ??= losses;
        }
        foreach (Device device in TestDevices.Names.Select(TestDevices.Find).OfType<Device>())
            foreach ((double loss, double expected) in Train(device).Losses.Zip(first!))
                Assert.Equal(expected, loss, 1e-4 * expected);
    }

    [SkippableTheory]
    [MemberData(nameof(TestDevices.All), MemberType = typeof(TestDevices))]
    public void Only_rows_that_are_read_or_candidates_move(string device)
    {
        using TrainableModel model = Model(TestDevices.Get(device), EmbeddingUpdate.Lazy);
        using Batch batch = new(model.Device, model.Spec, B);
        Fill(batch, 2, 5);
        Tensor table = model.Weights.Single(w => w.Name == "embedding");
        float[] before = table.ToArray(model.Device);
        model.TrainStep(batch, 0.01);
        BatchSequence s = batch.Sequences[0];
        int[] expected = [.. s.TableRows[..s.Offsets[2]].ToArray().Concat(batch.Predictions!.Candidates.ToArray()).Distinct().Order()];
        int[] moved = [.. before.Zip(table.ToArray(model.Device), (x, y) => x != y).Chunk(table.Columns).Select((row, i) => (row, i)).Where(row => row.row.Any(m => m)).Select(row => row.i)];
        Assert.Equal(expected, moved);
        Assert.True(moved.Length < NextItemData.Items);
    }

    [Fact]
    public void Candidates_are_the_items_of_the_batch_and_uniform_draws_by_its_number()
    {
        using TrainableModel model = Model(TestDevices.Get("cpu simd"), EmbeddingUpdate.Lazy);
        using Batch batch = new(model.Device, model.Spec, B);
        int[] drawn = new int[NextItemData.Items + 2];
        for (int n = 0; n < 3000; n++)
        {
            batch.Rows = 1;
            batch.Sequences[0].SetIds(0, [2, 4]);
            batch.Predictions!.Clear();
            batch.Predictions.Add(0, 4);
            batch.Predictions.Number = (ulong)n;
            batch.Prepare();
            int[] candidates = batch.Predictions.Candidates.ToArray();
            Assert.Contains(4, candidates);
            Assert.Equal(candidates.Distinct().Order(), candidates);
            foreach (int row in candidates)
                drawn[row]++;
            batch.Prepare();
            Assert.Equal(candidates, batch.Predictions.Candidates.ToArray());
        }
        // π = 1 − (1 − 1/12)³ = .2297, ± 4.5 standard deviations; no padding, no mask.
        Assert.Equal((0, 3000, 0), (drawn[0], drawn[4], drawn[^1]));
        Assert.All(drawn[1..^1].Where((_, i) => i != 3), n => Assert.InRange(n / 3000.0, 0.195, 0.265));
    }

    private static (double[] Losses, int[] Bits) Train(Device device)
    {
        using TrainableModel model = Model(device, EmbeddingUpdate.Lazy);
        using Batch batch = new(device, model.Spec, B);
        double[] losses = new double[30];
        for (int step = 0; step < losses.Length; step++)
        {
            Fill(batch, step % 5 == 4 ? B / 3 : 3, step);
            model.TrainStep(batch, 0.02);
            losses[step] = model.TakeLoss();
        }
        return (losses, [.. model.Weights.SelectMany(w => w.ToArray(device)).Select(BitConverter.SingleToInt32Bits)]);
    }

    private static void Fill(Batch batch, int rows, int seed)
    {
        batch.Predictions!.Number = (ulong)seed;
        NextItemData.Fill(batch, "sasrec", rows, seed);
    }

    private static TrainableModel Model(Device device, EmbeddingUpdate update) => new(
        device, NextItemData.Spec(), NextItemData.Models["sasrec"] with { EmbeddingDim = 8, EmbeddingInitStd = 0.3, Dropout = 0.1, SampledSoftmax = Draws, EmbeddingUpdate = update }, B);
}
