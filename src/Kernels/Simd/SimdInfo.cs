using System.Runtime.Intrinsics;

namespace GpuCtr.Kernels.Simd;

/// <summary>What vector width the SIMD variants run at on this processor.</summary>
public static class SimdInfo
{
    /// <summary>One phrase for listings, such as "SIMD 512 bit".</summary>
    public static string Describe() =>
        Vector512.IsHardwareAccelerated ? "SIMD 512 bit" :
        Vector256.IsHardwareAccelerated ? "SIMD 256 bit" :
        Vector128.IsHardwareAccelerated ? "SIMD 128 bit" : "no SIMD";
}
