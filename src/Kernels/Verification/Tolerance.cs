namespace GpuCtr.Kernels.Verification;

/// <summary>How far float32 may be from the float64 reference: the one place that says so.</summary>
/// 1e-5 + 1e-5 · |expected|, times √K / 4 where the value is a sum of K > 16 terms. The rounding of a sum of K random terms
/// of size 1 grows like K · 6e-8 / √2 one after the other: this leaves a factor of ten at K = 400 and of three at K = 4000.
internal static class Tolerance
{
    /// <summary>What rounding both factors to tf32, each by at most 2⁻¹¹ of itself, may move a product by: (1 + 2⁻¹¹)² − 1 of its absolute value.</summary>
    public const double Tf32 = (1 + 1.0 / 2048) * (1 + 1.0 / 2048) - 1;

    private const double Absolute = 1e-5, Relative = 1e-5;

    /// <summary>Largest difference allowed for a value that is a sum of <paramref name="terms"/> terms.</summary>
    /// <param name="expected">By the reference.</param>
    /// <param name="terms">Length of the sum.</param>
    /// <param name="magnitude">Where factors of products are rounded to tf32: the sum of the absolute values of the terms.</param>
    public static double Of(double expected, int terms, double? magnitude = null) =>
        (Absolute + Relative * Math.Abs(expected)) * Math.Max(1, Math.Sqrt(terms) / 4) + Tf32 * (magnitude ?? 0);

}
