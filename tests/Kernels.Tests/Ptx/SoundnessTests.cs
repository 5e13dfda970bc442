using System.Collections.Concurrent;
using System.Reflection;
using GpuCtr.Kernels.Devices;
using GpuCtr.SoftCuda.Ptx;
using GpuCtr.Tests;
using ILGPU;
using ILGPU.Runtime.Cuda;

namespace GpuCtr.Kernels.Tests.Ptx;

/// <summary>What ILGPU 1.5.3 makes wrong of some kernels, and of none of ours: marks of uniform branches, order of memory, comparisons with NaN.</summary>
public sealed class SoundnessTests
{
    private static readonly (CudaArchitecture Architecture, int Number)[] newest = [(CudaArchitecture.SM_80, 80), (CudaArchitecture.SM_90, 90), (CudaArchitecture.SM_120, 120)];

    // What a driver of CUDA 13 is given.
    private static readonly Lazy<(Dictionary<string, string> Ptx, string[] Moved)> compiled = new(CompileAll);

    [Fact]
    public void Kernels_promise_nothing_of_lanes_that_is_not_proven() => Assert.Empty(Breaches(Divergence.Breaches));

    [Fact]
    public void Kernels_read_no_register_that_some_way_leaves_unwritten() => Assert.Empty(Breaches(UnwrittenReads.Of));

    [Fact]
    public void Kernels_are_written_in_the_instruction_set_of_CUDA_13() =>
        Assert.All(compiled.Value.Ptx, c => Assert.Equal("8.8", PtxModule.Parse(c.Value).Version));

    [Fact]
    public void Accesses_to_memory_keep_their_order() => Assert.Empty(compiled.Value.Moved);

    [Fact]
    public void No_constant_stands_on_the_left_of_a_comparison_of_floats() => Assert.Empty(ConstantComparisons.In(KernelInventory.All.Select(k => k.Method)));

    /// <summary>Kernels that differ in nothing but the name of the architecture are looked at once.</summary>
    private static IEnumerable<string> Breaches(Func<PtxKernel, IEnumerable<string>> rule) =>
        compiled.Value.Ptx.DistinctBy(c => c.Value[c.Value.IndexOf(".address_size", StringComparison.Ordinal)..]).AsParallel()
            .SelectMany(c => PtxModule.Parse(c.Value).Kernels.SelectMany(rule).Select(b => $"{c.Key}: {b}"));

    private static (Dictionary<string, string> Ptx, string[] Moved) CompileAll()
    {
        IReadOnlyList<LoadedKernel> kernels = KernelInventory.All;
        ConcurrentDictionary<string, string> all = [];
        ConcurrentBag<string> moved = [];
        Parallel.ForEach(newest, a =>
        {
            using PtxCompiler compiler = new(a.Architecture, CudaInstructionSet.ISA_88);
            foreach (LoadedKernel k in kernels.Where(k => k.LeastArchitecture <= a.Number))
            {
                string name = $"{KernelName.Of(k.Method)}, sm_{a.Number}";
                all[name] = compiler.Compile(k.Method);
                foreach (string line in compiler.Order.Take())
                    moved.Add($"{name}: {line}");
            }
        });
        return (new(all), [.. moved.Order(StringComparer.Ordinal)]);
    }
}
