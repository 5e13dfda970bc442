using ILGPU.Algorithms;

namespace GpuCtr.Kernels.Numerics;

/// <summary>Functions that squash a number, for kernels.</summary>
internal static class Squash
{
    /// <summary>Constants of <see cref="Tanh"/>: numerator of degree 13 and denominator of degree 6, both in x².</summary>
    public const float
        Limit = 7.90531110763549805f,
        A1 = 4.89352455891786e-03f, A3 = 6.37261928875436e-04f, A5 = 1.48572235717979e-05f, A7 = 5.12229709037114e-08f,
        A9 = -8.60467152213735e-11f, A11 = 2.00018790482477e-13f, A13 = -2.76076847742355e-16f,
        B0 = 4.89352518554385e-03f, B2 = 2.26843463243900e-03f, B4 = 1.18534705686654e-04f, B6 = 1.19825839466702e-06f;

    /// <summary>1 / (1 + e^{−x}).</summary>
    public static float Sigmoid(float x) => 1 / (1 + XMath.Exp(-x));

    /// <summary>log(1 + e^x).</summary>
    public static float Softplus(float x) => (x > 0 ? x : 0) + LogOfOnePlus(XMath.Exp(-XMath.Abs(x)));

    /// <summary>log(1 + e), e ≥ 0; by two terms of its series if 1 + e would lose e.</summary>
    public static float LogOfOnePlus(float e) => e < 1e-4f ? e - 0.5f * e * e : XMath.Log(1 + e);

    /// <summary>tanh x within 6 units in the last place, also near 0; NaN stays NaN.</summary>
    /// <remarks>x P(x²) / Q(x²), the rational minimax approximation of Eigen (generic_fast_tanh_float). NVIDIA's own instruction has 11 bits.</remarks>
    public static float Tanh(float x)
    {
        x = x > Limit ? Limit : x < -Limit ? -Limit : x;
        float s = x * x;
        float p = ((((((A13 * s + A11) * s + A9) * s + A7) * s + A5) * s + A3) * s + A1) * x;
        return p / (((B6 * s + B4) * s + B2) * s + B0);
    }
}
