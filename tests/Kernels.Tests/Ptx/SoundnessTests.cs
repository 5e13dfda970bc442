using GpuCtr.Kernels.Devices;
using GpuCtr.SoftCuda.Ptx;
using GpuCtr.Tests;
using ILGPU;
using ILGPU.Runtime.Cuda;

namespace GpuCtr.Kernels.Tests.Ptx;

/// <summary>What ILGPU 1.5.3 makes wrong of some kernels, and of none of ours: marks of uniform branches, order of memory, comparisons with NaN.</summary>
public sealed class SoundnessTests
{
    [Fact]
    public void Kernels_promise_nothing_of_lanes_that_is_not_proven() => Assert.Empty(Breaches(Divergence.Breaches));

    [Fact]
    public void Kernels_read_no_register_that_some_way_leaves_unwritten() => Assert.Empty(Breaches(UnwrittenReads.Of));

    [Fact]
    public void Accesses_to_memory_keep_their_order() => Assert.Empty(InventoryPtx.Moved);

    [Fact]
    public void No_constant_stands_on_the_left_of_a_comparison_of_floats() => Assert.Empty(ConstantComparisons.In(KernelInventory.All.Select(k => k.Method)));

    private static IEnumerable<string> Breaches(Func<PtxKernel, IEnumerable<string>> rule) =>
        KernelInventory.All.AsParallel().SelectMany(k => PtxModule.Parse(Ptx(k)).Kernels.SelectMany(rule).Select(b => $"{KernelName.Of(k.Method)}: {b}"));

    /// <summary>As a driver of CUDA 13 is given it.</summary>
    private static string Ptx(LoadedKernel k) => InventoryPtx.Of(k, new(CudaArchitecture.SM_90, CudaInstructionSet.ISA_88));
}
