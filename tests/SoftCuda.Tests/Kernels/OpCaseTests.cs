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

    /// <summary>Every op with the kernels that it has: those with products of matrices on tensor cores and with cuBLAS too.</summary>
    public static TheoryData<string, KernelChoice, Precision> Ops()
    {
        TheoryData<string, KernelChoice, Precision> rows = [];
        foreach (IGrouping<string, OpCase> op in OpTable.Cases.Where(c => !c.SimdOnly).GroupBy(c => c.Op))
            foreach ((KernelChoice kernels, Precision precision) in op.Any(c => c.Multilinear) ? products : everyOp)
                rows.Add(op.Key, kernels, precision);
        return rows;
    }

    [Theory]
    [MemberData(nameof(Ops))]
    public void Op_agrees_with_its_reference_and_nothing_is_found(string op, KernelChoice kernels, Precision precision)
    {
        foreach (bool contracts in CaseSelection.IsLong ? new[] { true, false } : [true])
            Run(op, kernels, precision, contracts);
    }

    private static void Run(string op, KernelChoice kernels, Precision precision, bool contracts)
    {
        Machine machine = Machine.Install(new(Capability.Of("9.0"), Contracts: contracts));
        OpSweep sweep;
        using (Device device = Device.Open("cuda", kernels, precision: precision))
            sweep = OpSweep.Run(CaseSelection.Of(op, kernels, precision), device, static () => { }, static _ => { });
        Assert.Empty(machine.Findings.All.Select(f => $"{f}").Concat(sweep.Problems));
        Assert.NotEqual(0, sweep.Agreed);
        Assert.Equal(0, machine.Memory.Used);
    }
}
