using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Verification;
using GpuCtr.SoftCuda.Tests.Driver;

namespace GpuCtr.SoftCuda.Tests.Kernels;

/// <summary>The ops' cases with the kernels of GPUs, on the machine: results agree with their references, and nothing is found.</summary>
/// <remarks>Of every kernel the smallest cases that launch it; with GPU_CTR_SOFT_CUDA_LONG=1 all of everything, and each a second time with products rounded apart from their sums.</remarks>
[Collection(Cuda.Collection)]
public sealed class OpCaseTests
{
    private static readonly (KernelChoice Kernels, Precision Precision)[]
        everyOp = [(KernelChoice.Portable, Precision.Fp32), (KernelChoice.Tiled, Precision.Fp32)],
        products = [.. everyOp, (KernelChoice.Tiled, Precision.Tf32), (KernelChoice.Tiled, Precision.Bf16), (KernelChoice.Library, Precision.Fp32)];

    /// <summary>Every op with a case for GPUs.</summary>
    public static TheoryData<string> Ops() => [.. OpTable.Cases.Where(c => !c.SimdOnly).Select(c => c.Op).Distinct()];

    /// <summary>With the kernels that the op has, those with products of matrices on tensor cores and with cuBLAS too; a case's reference is computed once for all.</summary>
    [Theory]
    [MemberData(nameof(Ops))]
    public void Op_agrees_with_its_reference_and_nothing_is_found(string op)
    {
        foreach (bool contracts in CaseSelection.IsLong ? new[] { true, false } : [true])
            Run(op, contracts);
    }

    private static void Run(string op, bool contracts)
    {
        Machine machine = Machine.Install(new(Capability.Of("9.0"), Contracts: contracts));
        Dictionary<OpCase, List<Device>> devicesOf = [];
        List<Device> opened = [];
        foreach ((KernelChoice kernels, Precision precision) in OpTable.Cases.Any(c => c.Op == op && c.Multilinear) ? products : everyOp)
        {
            Device device = Device.Open("cuda", kernels, precision: precision);
            opened.Add(device);
            foreach (OpCase c in CaseSelection.Of(op, kernels, precision))
                (devicesOf.TryGetValue(c, out List<Device>? devices) ? devices : devicesOf[c] = []).Add(device);
        }
        string[] problems = [.. devicesOf.SelectMany(of => OpCheck.Run(of.Key, of.Value))];
        Assert.All(opened, device => Assert.Contains(devicesOf.Values, devices => devices.Contains(device)));
        opened.ForEach(device => device.Dispose());
        Assert.Empty(machine.Findings.All.Select(f => $"{f}").Concat(problems));
        Assert.Equal(0, machine.Memory.Used);
    }
}
