using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Optimizers;
using GpuCtr.Models.Features;
using GpuCtr.Tests;
using Presets = GpuCtr.Models.Variants;

namespace GpuCtr.Models.Tests;

/// <summary>A run is a function of data, options and seed: the same bits on one device, the same curve on all of them.</summary>
public sealed class Repeatability
{
    // Learning takes some steps; a bit that differs shows in fewer.
    private const int B = 64, Steps = 50, Compared = 20;

    private static readonly ModelCase[] cases =
    [
        .. ModelCatalog.ClickModels.Select(model => new ModelCase(model)),
        new("din", "softmax", o => o with { AttentionNormalization = AttentionNormalization.Softmax }),
        new("dien", "official", o => Presets.Of("dien", "dien-official").Model with { EmbeddingDim = o.EmbeddingDim, EmbeddingInitStd = o.EmbeddingInitStd, HiddenUnits = o.HiddenUnits, AttentionUnits = o.AttentionUnits, AuxiliaryUnits = [9, 5], EmbeddingUpdate = o.EmbeddingUpdate, ClipNorm = o.ClipNorm, Seed = o.Seed }),
        new("bst", "2 blocks", o => o with { TransformerBlocks = 2 }),
        new("deepfm", "row-wise Adagrad", o => o with { Optimizer = OptimizerKind.RowwiseAdagrad }),
        new("deepfm", "momentum", o => o with { Optimizer = OptimizerKind.Sgd, Momentum = 0.9 }),
        new("deepfm", "replay", o => o with { EmbeddingUpdate = EmbeddingUpdate.Replay }),
        new("dcn-v2", "widths", o => o with { ColumnDim = [new("user", 16), new("tags", 24)] }),
        new("din", "widths replay", o => o with { ColumnDim = [new("item", 16)], EmbeddingUpdate = EmbeddingUpdate.Replay }),
        new("dien", "widths", o => o with { ColumnDim = [new("hist_category", 16)] }),
        new("deepfm", "momentum replay", o => o with { Optimizer = OptimizerKind.Sgd, Momentum = 0.9, EmbeddingUpdate = EmbeddingUpdate.Replay }),
    ];

    public static TheoryData<ModelCase> Cases => new(cases);

    [Theory]
    [MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void Same_seed_gives_the_same_bits_on_a_device_and_the_same_curve_on_all(ModelCase c)
    {
        double[]? first = null;
        foreach (string name in TestDevices.Names)
        {
            if (TestDevices.Find(name) is not { } device)
                continue;
            (double[] losses, int[] bits) = Train(device, Options(c, seed: 1), Steps);
            Assert.Equal(bits, Train(device, Options(c, seed: 1), Compared).Bits);
            first ??= losses;
            // Between devices DIN is compared with weights that sum to 1.
            for (int step = 0; step < Steps && c is not { Model: "din", Change: "" }; step++)
                if (!(Math.Abs(losses[step] - first[step]) <= 1e-4 * first[step]))
                    Assert.Fail($"step {step + 1} on {name}: loss {losses[step]:R}, on {TestDevices.Names.First()} {first[step]:R}");
            Assert.True(losses[^10..].Average() < 0.9 * losses[0], $"nothing was learned: {losses[0]:F4} to {losses[^1]:F4}");
        }
    }

    [Theory]
    [MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void The_number_of_threads_does_not_change_a_bit_and_another_seed_does(ModelCase c)
    {
        int[]? first = null;
        foreach (int threads in new[] { 1, 2, 3 })
        {
            using Device device = Device.Open("cpu", threads: threads);
            int[] bits = Train(device, Options(c, seed: 1), Compared).Bits;
            Assert.Equal(first ??= bits, bits);
            if (threads == 1)
                Assert.NotEqual(bits, Train(device, Options(c, seed: 2), Compared).Bits);
        }
    }

    private static ModelOptions Options(ModelCase c, ulong seed) => c.Of(ModelCatalog.Defaults(c.Model) with
    {
        EmbeddingDim = 8,
        EmbeddingInitStd = 0.05,
        HiddenUnits = [40, 20],
        CinLayers = [9, 6],
        AttentionWidth = 32,
        SecondHiddenUnits = [24, 20],
        GateUnits = [12],
        AttentionUnits = [20, 8],
        AttentionNormalization = AttentionNormalization.None,
        EmbeddingUpdate = EmbeddingUpdate.Lazy,
        BatchNorm = c.Model == "deepfm",
        Dropout = 0.2,
        ClipNorm = 5,
        Optimizer = OptimizerKind.Adam,
        Seed = seed,
    });

    /// <summary>Losses step by step, and the bits of all weights and statistics after <see cref="Compared"/> steps.</summary>
    private static (double[] Losses, int[] Bits) Train(Device device, ModelOptions options, int steps)
    {
        FeatureSpec spec = SmallData.Spec(histories: ModelCatalog.ReadsHistories(options.Model));
        using TrainableModel model = new(device, spec, options, B);
        double[] losses = new double[steps];
        int[] bits = [];
        for (int step = 0; step < steps; step++)
        {
            // Every fifth batch is a smaller one.
            using Batch batch = SmallData.Batch(device, model.Spec, step % 5 == 4 ? B / 3 : B, seed: step, capacity: B);
            model.TrainStep(batch, learningRate: 0.01);
            losses[step] = model.TakeLoss();
            if (step + 1 == Compared)
                bits = [.. model.Weights.SelectMany(w => w.ToArray(device)).Select(BitConverter.SingleToInt32Bits)];
        }
        return (losses, bits);
    }
}
