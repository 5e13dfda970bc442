using System.Reflection;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tests.Ptx;
using GpuCtr.Kernels.Verification;
using GpuCtr.Tests;

namespace GpuCtr.Kernels.Tests.Verification;

/// <summary>A variant of the ops, and which cases are run with it: all with portable kernels and with SIMD, and with any other those that launch other kernels than the simpler one.</summary>
internal sealed record CaseVariant(string Name, KernelChoice Kernels, Precision Precision, CaseVariant? Simpler)
{
    private static readonly CaseVariant portable = new("portable", KernelChoice.Portable, Precision.Fp32, null), tiled = new("tiled", KernelChoice.Tiled, Precision.Fp32, portable);

    /// <summary>What is chosen on the CPU.</summary>
    public static CaseVariant Simd { get; } = new("simd", KernelChoice.Auto, Precision.Fp32, null);

    /// <summary>Those of kernels, as GPUs run them.</summary>
    public static IReadOnlyList<CaseVariant> OfKernels { get; } =
        [portable, tiled, new("library", KernelChoice.Library, Precision.Fp32, tiled), new("tf32", KernelChoice.Tiled, Precision.Tf32, tiled), new("bf16", KernelChoice.Tiled, Precision.Bf16, tiled)];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<CaseVariant> All { get; } = [Simd, .. OfKernels];

    /// <summary>The devices of this machine that a case is run on.</summary>
    public static IEnumerable<Device> DevicesOf(OpCase c) => All.Where(v => v.Runs(c)).SelectMany(v => v.Names(c)).Select(TestDevices.Find).OfType<Device>();

    /// <summary>The kernels that a case launches, in order; none where the case does not apply.</summary>
    public MethodInfo[] Launches(OpCase c) => KernelInventory.Launches(c, Kernels, Precision);

    /// <summary>Whether a case is run with this variant.</summary>
    public bool Runs(OpCase c) => this == Simd || Launches(c) is { Length: > 0 } launches && (Simpler is null || !launches.SequenceEqual(Simpler.Launches(c)));

    /// <summary>Whether SoftCuda.Tests runs the cases of this variant, all of them, on the instructions of tensor cores: products whose factors are computed on their way, as attention's are.</summary>
    /// <remarks>
    /// PoCL needs two minutes to compile their stand-in, and 128 threads of the operating system one to run it. The stand-in itself is run by the linear layer, which is the same kernel
    /// over factors that lie in memory.
    /// </remarks>
    public bool RunsOnSoftwareMachine(OpCase c) => Precision.OnTensorCores() && c.Op != "linear";

    private string[] Names(OpCase c) => this == Simd ? ["cpu simd"] : Simpler is null ? ["cpu portable", "opencl"] : RunsOnSoftwareMachine(c) ? [] : [Name];
}
