using GpuCtr.Kernels.Devices;
using GpuCtr.Models.Features;
using GpuCtr.Models.Tests.NextItems;
using GpuCtr.Tests;

namespace GpuCtr.Models.Tests;

/// <summary>Every kernel that a model loads was compiled and assembled for GPUs: it has a row in docs/kernels.md.</summary>
public sealed class KernelsOfModels
{
    public static TheoryData<string> Models => new(SmallData.ClickModels.Concat(NextItemData.Models.Keys));

    [Theory]
    [MemberData(nameof(Models))]
    public void Step_loads_only_kernels_of_the_committed_table(string model)
    {
        using Device device = Device.Open("cpu", KernelChoice.Portable);
        device.Noted = [];
        bool items = NextItemData.Models.ContainsKey(model);
        using TrainableModel recorded = items ? NextItemData.Model(device, model, 8) : ClickModel(device, SmallData.Options(model));
        using Batch batch = items ? NextItemData.Batch(recorded, model, 8, seed: 1) : SmallData.Batch(device, recorded.Spec, 8, seed: 1);
        recorded.TrainStep(batch, 0.01);
        string[] loaded = [.. device.Noted.Distinct().Select(KernelName.Of)];
        Assert.NotEmpty(loaded);
        Assert.Empty(loaded.Except(KernelTable.Read().Rows.Select(r => r.Kernel)));
    }

    private static TrainableModel ClickModel(Device device, ModelOptions options) =>
        new(device, SmallData.Spec(options), options with { EmbeddingDim = 4, HiddenUnits = [6, 5], BatchNorm = true, Dropout = 0.1 }, 8);
}
