using GpuCtr.Kernels.Devices;
using GpuCtr.Models;
using GpuCtr.Models.Features;
using GpuCtr.Models.Tests;
using GpuCtr.Models.Tests.NextItems;
using GpuCtr.SoftCuda.Tests.Driver;
using Device = GpuCtr.Kernels.Devices.Device;

namespace GpuCtr.SoftCuda.Tests.EndToEnd;

/// <summary>A few steps of every model of the catalogue on the machine, the last ones as graphs where the model has them: the losses of the CPU device, and nothing found.</summary>
[Collection(Cuda.Collection)]
public sealed class ModelStepTests
{
    private const int B = 20, Steps = 4;

    public static TheoryData<string> Models => [.. ModelCatalog.Names];

    [Theory]
    [MemberData(nameof(Models))]
    public void Steps_have_the_losses_of_the_processor(string name)
    {
        Machine machine = Machine.Install(new(Capability.Of("9.0"), Seed: 2));
        double[] expected = Losses(name, "cpu", KernelChoice.Auto), actual = Losses(name, "cuda", KernelChoice.Tiled);
        for (int step = 0; step < Steps; step++)
            Assert.Equal(expected[step], actual[step], 1e-4 * expected[step]);
        Assert.Empty(machine.Findings.All);
        Assert.Equal(0, machine.Memory.Used);
    }

    private static double[] Losses(string name, string on, KernelChoice kernels)
    {
        using Device device = Device.Open(on, kernels);
        bool predictsItems = ModelCatalog.Of(name).PredictsItems;
        using TrainableModel model = predictsItems ? NextItemData.Model(device, name, B) : ClickModel(device, name);
        double[] losses = new double[Steps];
        for (int step = 0; step < Steps; step++)
        {
            using Batch batch = predictsItems ? NextItemData.Batch(model, name, B, seed: step) : SmallData.Batch(device, model.Spec, B, seed: step);
            model.TrainStep(batch, learningRate: 0.01);
            losses[step] = model.TakeLoss();
        }
        return losses;
    }

    private static TrainableModel ClickModel(Device device, string name)
    {
        FeatureSpec spec = SmallData.Spec(histories: ModelCatalog.ReadsHistories(name));
        ModelOptions options = ModelCatalog.Defaults(name) with { EmbeddingDim = 8, EmbeddingInitStd = 0.05, HiddenUnits = [12, 8], AttentionUnits = [8, 4], CinLayers = [9, 6], AttentionWidth = 16 };
        return new(device, spec, options, B);
    }
}
