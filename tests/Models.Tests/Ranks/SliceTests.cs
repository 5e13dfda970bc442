using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Ranks;
using GpuCtr.Models.Features;
using GpuCtr.Models.Ranks;

namespace GpuCtr.Models.Tests.Ranks;

/// <summary>Equal numbers of slices give equal bits, whoever computes them.</summary>
public sealed class SliceTests
{
    private const int B = 61, Steps = 4, Slices = 4;

    public static TheoryData<string> All => [.. models.Keys];

    private static readonly Dictionary<string, ModelOptions> models = new()
    {
        ["deepfm"] = Small("deepfm") with { BatchNorm = true, Dropout = 0.2, EmbeddingUpdate = Kernels.Embedding.EmbeddingUpdate.Replay, ClipNorm = 0.05 },
        ["din, Dice"] = Small("din"),
        ["dien"] = Small("dien"),
        ["prm"] = Small("prm") with { AttentionWidth = 8, Dropout = 0.2 },
        ["bst"] = Small("bst") with { Dropout = 0.2 },
        ["dcn-v2"] = Small("dcn-v2") with { BatchNorm = true, Dropout = 0.2 },
        ["ffm"] = Small("ffm"),
    };

    private static ModelOptions Small(string model) => ModelCatalog.Defaults(model) with { EmbeddingDim = 4, EmbeddingInitStd = 0.01, HiddenUnits = [8, 4], Seed = 5 };

    [Theory]
    [MemberData(nameof(All))]
    public void Slices_have_the_same_bits_on_any_number_of_processes(string model)
    {
        float[] four = Train(4, 1, models[model]);
        Assert.Equal(four, Train(1, 4, models[model]));
        Assert.Equal(four, Train(2, 2, models[model]));
        Assert.NotEqual(four, Train(2, 1, models[model]));
    }

    /// <summary>Sums of an odd number of slices are no sums of what processes have summed.</summary>
    [Fact]
    public void So_have_six_slices_on_two_or_three() => Assert.Equal(Train(2, 3, models["deepfm"]), Train(3, 2, models["deepfm"]));

    /// <summary>Losses, logits, and all tensors of a checkpoint.</summary>
    private static float[] Train(int processes, int threads, ModelOptions options)
    {
        List<float> all = [];
        ThreadCommunicator.Run(processes, process => ThreadCommunicator.Run(threads, slice =>
        {
            Device Open() => Device.Open("cpu", threads: 1).Of(slice);
            RankModels.Run(slice, Open, () =>
            {
                using Device own = Open();
                using TrainableModel model = new(own, SmallData.Spec(ModelCatalog.ReadsHistories(options.Model)), options, B);
                for (int step = 0; step < Steps; step++)
                {
                    using Batch batch = SmallData.Batch(own, model.Spec, B, seed: step);
                    model.TrainStep(batch, 1e-2);
                    all.Add((float)model.TakeLoss());
                }
                using Batch last = SmallData.Batch(own, model.Spec, B, seed: 99);
                float[] logits = new float[B];
                model.Predict(last, logits);
                model.ApplyDeferred();
                all.AddRange(logits);
                all.AddRange(model.Weights.Concat(model.OptimizerStates).SelectMany(t => t.ToArray(own)));
            });
        }, processes: process));
        return [.. all];
    }
}
