using System.Reflection;
using System.Text.RegularExpressions;
using GpuCtr.Kernels.Devices;
using GpuCtr.Tests;
using ILGPU.Runtime.Cuda;

namespace GpuCtr.Kernels.Tests.Ptx;

/// <summary>The PTX of every kernel of the inventory, compiled once.</summary>
/// <remarks>
/// ILGPU 1.5.3 writes the same instructions for every architecture and instruction set that we name; only the two lines that say which differ
/// (<see cref="PtxTests.ILGPU_writes_the_same_for_every_architecture"/>). What it writes depends on what the same context compiled before,
/// in its numbers and now and then in the order of moves, so every context compiles in the same order: kernels for all GPUs first.
/// </remarks>
internal static partial class InventoryPtx
{
    /// <summary>What PTX can be written for.</summary>
    /// <param name="Architecture">Of the GPU.</param>
    /// <param name="Instructions">What ptxas 11.8 (7.8) or a driver of CUDA 13 (8.8) reads.</param>
    public readonly record struct Target(CudaArchitecture Architecture, CudaInstructionSet Instructions)
    {
        /// <summary>70 for sm_70.</summary>
        public int Number => 10 * Architecture.Major + Architecture.Minor;
    }

    private static readonly Target compiledFor = new(CudaArchitecture.SM_80, CudaInstructionSet.ISA_78);

    private static readonly Lazy<(Dictionary<MethodInfo, string> Ptx, string[] Moved)> compiled = new(() => Compile(compiledFor, KernelInventory.All));

    /// <summary>The PTX of a kernel as a launcher would hand it to a driver.</summary>
    public static string Of(LoadedKernel kernel, Target target) =>
        Header().Replace(compiled.Value.Ptx[kernel.Method], $".version {target.Instructions}\n.target sm_{target.Number}", 1);

    /// <summary>Loads that changed places with an access they may depend on, in any kernel.</summary>
    public static IReadOnlyList<string> Moved => compiled.Value.Moved;

    /// <summary>Compiles kernels in a separate context.</summary>
    public static (Dictionary<MethodInfo, string> Ptx, string[] Moved) Compile(Target target, IEnumerable<LoadedKernel> kernels)
    {
        using PtxCompiler compiler = new(target.Architecture, target.Instructions);
        Dictionary<MethodInfo, string> ptx = [];
        List<string> moved = [];
        foreach (LoadedKernel k in kernels.OrderBy(k => k.LeastArchitecture))
        {
            ptx.Add(k.Method, compiler.Compile(k.Method));
            moved.AddRange(compiler.Order.Take().Select(line => $"{KernelName.Of(k.Method)}: {line}"));
        }
        return (ptx, [.. moved]);
    }

    [GeneratedRegex(@"\.version \S+\s+\.target \S+")]
    private static partial Regex Header();
}
