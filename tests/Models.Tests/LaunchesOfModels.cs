using GpuCtr.Kernels.Devices;
using GpuCtr.Models.Features;

namespace GpuCtr.Models.Tests;

/// <summary>How many kernels a training step launches on a GPU: at small batches each costs more than what it does. More of them need a reason.</summary>
public sealed class LaunchesOfModels
{
    private const int Rows = 4096;

    /// <summary>docs/kernels.md says what they are.</summary>
    [Fact]
    public void Step_of_DeepFM_is_55_launches()
    {
        using Device device = Device.Open("cpu", KernelChoice.Tiled);
        device.Noted = [];
        FeatureSpec spec = new(
            [.. Enumerable.Range(0, 26).Select(f => new Vocabulary($"c{f}", 3000))], [.. Enumerable.Range(0, 26).Select(f => new CategoricalField($"c{f}", f))],
            [.. Enumerable.Range(0, 13).Select(n => $"x{n}")], []);
        using TrainableModel recorded = new(device, spec, ModelCatalog.Defaults("deepfm"), Rows);
        using Batch batch = new(device, spec, Rows) { Rows = Rows };
        batch.Prepare();
        recorded.TrainStep(batch, 0.01);
        Assert.Equal(55, device.Noted.Count);
    }
}
