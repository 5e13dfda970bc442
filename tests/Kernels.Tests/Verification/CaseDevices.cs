using System.Reflection;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tests.Ptx;
using GpuCtr.Kernels.Verification;
using GpuCtr.Tests;

namespace GpuCtr.Kernels.Tests.Verification;

/// <summary>Which devices a case is run on: those with portable kernels and with SIMD, and those whose variant launches other kernels for it than a simpler one.</summary>
internal static class CaseDevices
{
    /// <summary>Whether a case is run on a device, which need not be there.</summary>
    public static bool Runs(OpCase c, TestDevice d) =>
        d.UsesSimd || KernelInventory.Launches(c, d.Kernels, d.Precision) is { } launches && IsNew(launches, c, d) && CompilesInTime(c, d);

    /// <summary>The device whose kernels a variant falls back on where it has none of its own; null for the portable ones.</summary>
    public static TestDevice? Simpler(TestDevice d) => d.Kernels == KernelChoice.Portable ? null
        : TestDevices.OfOps.Single(s => s.Spec == d.Spec && s.Precision == Precision.Fp32 && s.Kernels == (d is { Kernels: KernelChoice.Tiled, Precision: Precision.Fp32 } ? KernelChoice.Portable : KernelChoice.Tiled));

    private static bool IsNew(MethodInfo[] launches, OpCase c, TestDevice d) =>
        Simpler(d) is not { } simpler || !launches.SequenceEqual(KernelInventory.Launches(c, simpler.Kernels, simpler.Precision)!);

    /// <remarks>
    /// PoCL compiles the stand-in of tensor cores for two minutes where factors are computed on their way, as attention does. The CPU runs those cases
    /// in seconds, and OpenCL the linear layer's, which is the same kernel over factors that lie in memory.
    /// </remarks>
    private static bool CompilesInTime(OpCase c, TestDevice d) => d.Spec == "cpu" || !d.Precision.OnTensorCores() || c.Op == "linear";
}
