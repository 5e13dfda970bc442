using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Optimizers;
using GpuCtr.Models.Features;
using GpuCtr.Tests;

namespace GpuCtr.Models.Tests;

/// <summary>A run is a function of data, options and seed: the same bits on one device, the same curve on all of them.</summary>
public sealed class Repeatability
{
    private const int B = 64, Steps = 50;

    private static readonly string[] optimizers = ["deepfm rowwiseadagrad", "deepfm momentum"], replays = ["deepfm replay", "deepfm momentum replay"];

    // Between devices DIN is compared with weights that sum to 1.
    public static TheoryData<string> Curves => new([.. ModelCatalog.Names.Except(["din"]), "din softmax", "bst 2", .. optimizers]);

    public static TheoryData<string> Everything => new([.. ModelCatalog.Names, "bst 2", .. optimizers, .. replays]);

    public static TheoryData<string, string> Everywhere => TestDevices.Times([.. ModelCatalog.Names, "bst 2", .. optimizers, .. replays]);

    [SkippableTheory]
    [MemberData(nameof(Curves))]
    public void Loss_curves_of_all_devices_agree(string model)
    {
        double[]? first = null;
        foreach (string name in TestDevices.Names)
        {
            double[] losses = Train(TestDevices.Get(name), Options(model, seed: 1)).Losses;
            first ??= losses;
            for (int step = 0; step < Steps; step++)
                if (!(Math.Abs(losses[step] - first[step]) <= 1e-4 * first[step]))
                    Assert.Fail($"step {step + 1} on {name}: loss {losses[step]:R}, on {TestDevices.Names.First()} {first[step]:R}");
            Assert.True(losses[^10..].Average() < 0.9 * losses[0], $"nothing was learned: {losses[0]:F4} to {losses[^1]:F4}");
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Everywhere))]
    public void Same_seed_gives_the_same_bits_and_another_seed_does_not(string deviceName, string model)
    {
        Device device = TestDevices.Get(deviceName);
        int[] bits = Train(device, Options(model, seed: 1)).Bits;
        Assert.Equal(bits, Train(device, Options(model, seed: 1)).Bits);
        Assert.NotEqual(bits, Train(device, Options(model, seed: 2)).Bits);
    }

    [Theory]
    [MemberData(nameof(Everything))]
    public void Threads_of_the_cpu_device_do_not_change_a_bit(string model)
    {
        int[]? first = null;
        foreach (int threads in new[] { 1, 2, 3 })
        {
            using Device device = Device.Open("cpu", threads: threads);
            int[] bits = Train(device, Options(model, seed: 1)).Bits;
            Assert.Equal(first ??= bits, bits);
        }
    }

    private static ModelOptions Options(string model, ulong seed) => ModelCatalog.Defaults(model.Split(' ')[0]) with
    {
        EmbeddingDim = 8,
        EmbeddingInitStd = 0.05,
        HiddenUnits = [40, 20],
        AttentionUnits = [20, 8],
        TransformerBlocks = model == "bst 2" ? 2 : 1,
        AttentionNormalization = model.EndsWith("softmax", StringComparison.Ordinal) ? AttentionNormalization.Softmax : AttentionNormalization.None,
        EmbeddingUpdate = model.EndsWith("replay", StringComparison.Ordinal) ? EmbeddingUpdate.Replay : EmbeddingUpdate.Lazy,
        BatchNorm = model.StartsWith("deepfm", StringComparison.Ordinal),
        Dropout = 0.2,
        ClipNorm = 5,
        Optimizer = model.Contains("rowwiseadagrad", StringComparison.Ordinal) ? OptimizerKind.RowwiseAdagrad : model.Contains("momentum", StringComparison.Ordinal) ? OptimizerKind.Sgd : OptimizerKind.Adam,
        Momentum = model.Contains("momentum", StringComparison.Ordinal) ? 0.9 : 0,
        Seed = seed,
    };

    /// <summary>Losses step by step, and the bits of all weights and statistics at the end.</summary>
    private static (double[] Losses, int[] Bits) Train(Device device, ModelOptions options)
    {
        FeatureSpec spec = SmallData.Spec(histories: ModelCatalog.ReadsHistories(options.Model));
        using TrainableModel model = new(device, spec, options, B);
        double[] losses = new double[Steps];
        for (int step = 0; step < Steps; step++)
        {
            // Every fifth batch is a smaller one.
            using Batch batch = SmallData.Batch(device, spec, step % 5 == 4 ? B / 3 : B, seed: step, capacity: B);
            model.TrainStep(batch, learningRate: 0.01);
            losses[step] = model.TakeLoss();
        }
        return (losses, model.Weights.SelectMany(w => w.ToArray(device)).Select(BitConverter.SingleToInt32Bits).ToArray());
    }
}
