using ILGPU.Algorithms;

namespace GpuCtr.Kernels.Numerics;

/// <summary>The standard normal distribution in float32.</summary>
/// <remarks>Φ by formula 7.1.26 of Abramowitz and Stegun 1964, Φ(−|x|) = ½ (a₁ t + … + a₅ t⁵) e^{−x²/2}, t = 1 / (1 + p |x| / √2): an absolute error of 7.5E-8.</remarks>
internal static class Gaussian
{
    // p / √2; the coefficients of the polynomial, halved; 1 / √2π.
    internal const float P = 0.23164189f, A1 = 0.127414796f, A2 = -0.142248368f, A3 = 0.7107068705f, A4 = -0.7265760135f, A5 = 0.5307027145f, Peak = 0.39894228f;

    /// <summary>e^{−x²/2}, an argument of the other functions.</summary>
    public static float Power(float x) => XMath.Exp(-0.5f * x * x);

    /// <summary>Φ(x).</summary>
    /// <param name="x">Any number; NaN stays NaN.</param>
    /// <param name="power">e^{−x²/2}.</param>
    public static float Cumulative(float x, float power)
    {
        float t = 1 / (1 + P * XMath.Abs(x)), tail = ((((A5 * t + A4) * t + A3) * t + A2) * t + A1) * t * power;
        return x < 0 ? tail : 1 - tail;
    }
}
