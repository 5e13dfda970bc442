using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Models.Tests;
using GpuCtr.SoftCuda.Tests.Driver;

namespace GpuCtr.SoftCuda.Tests.EndToEnd;

/// <summary>Whole models against the golden files of their kinds (tests/golden/README.md) with the kernels of GPUs, on the machine; nothing is found.</summary>
[Collection(Cuda.Collection)]
public sealed class ModelGolden
{
    public static TheoryData<string> Models => new(GoldenFile.Where(f => GoldenModels.Kinds.ContainsKey(f.Kind), "of a whole model"));

    [SkippableTheory]
    [MemberData(nameof(Models))]
    public void Gradients_and_parameters_after_three_steps_match_and_nothing_is_found(string name)
    {
        GoldenModel golden = GoldenModels.Of(name);
        Machine machine = Machine.Install(new(Capability.Of("9.0")));
        using (Device device = Device.Open("cuda", KernelChoice.Tiled, precision: Precision.Fp32))
        {
            golden.CheckGradients(device);
            foreach (EmbeddingUpdate update in Enum.GetValues<EmbeddingUpdate>().Where(u => GoldenModel.HasSteps(golden.File, u)))
                golden.CheckThreeSteps(device, update);
        }
        Assert.Empty(machine.Findings.All);
        Assert.Equal(0, machine.Memory.Used);
    }
}
