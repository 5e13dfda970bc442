using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Ranks;
using GpuCtr.Models.Features;
using GpuCtr.Models.Ranks;

namespace GpuCtr.Models.Tests.Ranks;

/// <summary>The losses of 50 steps on 2 and 4 ranks beside those of one.</summary>
public sealed class LossCurveTests
{
    private const int B = 256, Steps = 50;

    /// <summary>Sums in another order, in float32: a few units in the last place, as many as the loss of the first step differs by, whose weights are equal.</summary>
    private const double Promise = 1e-6;

    public static TheoryData<string> All => [.. models.Keys];

    private static readonly Dictionary<string, ModelOptions> models = new()
    {
        ["deepfm"] = Small("deepfm") with { BatchNorm = true, Dropout = 0.2 },
        ["din"] = Small("din"),
        ["dien"] = Small("dien"),
        ["prm"] = Small("prm") with { AttentionWidth = 8, Dropout = 0.2 },
        ["bst"] = Small("bst") with { Dropout = 0.2 },
        ["dcn-v2"] = Small("dcn-v2") with { BatchNorm = true, Dropout = 0.2 },
        ["ffm"] = Small("ffm"),
    };

    private static ModelOptions Small(string model) => ModelCatalog.Defaults(model) with { EmbeddingDim = 8, EmbeddingInitStd = 0.01, HiddenUnits = [32, 16], Seed = 5 };

    [Theory]
    [MemberData(nameof(All))]
    public void Losses_of_many_ranks_are_those_of_one(string model)
    {
        double[] one = Losses(1, models[model]);
        foreach (int ranks in new[] { 2, 4 })
        {
            double most = one.Zip(Losses(ranks, models[model]), (a, b) => Math.Abs(a - b) / a).Max();
            Assert.True(most <= Promise, $"{model} on {ranks} ranks: losses differ by {most:E1} relative");
        }
    }

    private static double[] Losses(int ranks, ModelOptions options)
    {
        double[] losses = new double[Steps];
        ThreadCommunicator.Run(ranks, communicator =>
        {
            Device Open() => Device.Open("cpu", threads: 1).Of(communicator);
            RankModels.Run(communicator, Open, () =>
            {
                using Device own = Open();
                using TrainableModel model = new(own, SmallData.Spec(ModelCatalog.ReadsHistories(options.Model)), options, B);
                for (int step = 0; step < Steps; step++)
                {
                    using Batch batch = SmallData.Batch(own, model.Spec, B, seed: step);
                    model.TrainStep(batch, 1e-3);
                    losses[step] = model.TakeLoss();
                }
            });
        });
        return losses;
    }
}
