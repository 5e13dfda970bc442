using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace GpuCtr.Kernels.Simd;

/// <summary>Functions of 16 floats at a time.</summary>
internal static class Math512
{
    /// <summary>1 / (1 + e^{−x}); 0 and 1 at the far ends, NaN stays NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Sigmoid(Vector512<float> x) => Vector512<float>.One / (Vector512<float>.One + Vector512.Exp(-x));
}
