using GpuCtr.Kernels.Devices;

namespace GpuCtr.Kernels.Verification;

/// <summary>Allowed differences between float32 and the float64 reference; the only place that defines them.</summary>
/// <remarks>
/// 1e-5 + 1e-5 · |expected|, times √K / 4 if the value is a sum of K > 16 terms. The rounding of a sum of K random terms
/// of size 1 grows like K · 6e-8 / √2 one after the other: this leaves a factor of ten at K = 400 and of three at K = 4000.
/// </remarks>
internal static class Tolerance
{
    private const double Absolute = 1e-5, Relative = 1e-5;

    /// <summary>Largest difference allowed for a value that is a sum of <paramref name="terms"/> terms.</summary>
    /// <param name="expected">By the reference.</param>
    /// <param name="terms">Length of the sum.</param>
    public static double Of(double expected, int terms) => (Absolute + Relative * Math.Abs(expected)) * Math.Max(1, Math.Sqrt(terms) / 4);

    /// <summary>What rounding both factors of a product, each by at most u of itself, may move it by: (1 + u)² − 1 of its absolute value.</summary>
    /// <remarks>For a sum of products, it is relative to the sum of their absolute values.</remarks>
    public static double OfRounding(Precision precision) => (1 + precision.Rounding()) * (1 + precision.Rounding()) - 1;
}
