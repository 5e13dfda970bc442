using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using GpuCtr.Kernels.Numerics;

namespace GpuCtr.Kernels.Simd;

/// <summary>Functions of 16 floats at a time.</summary>
internal static class Math512
{
    /// <summary>log₂ e: callers of <see cref="SigmoidOfPower"/> multiply −x by it.</summary>
    public const float Log2E = 1.44269504f;

    // ln 2 in two parts: n times the first is exact for every n that occurs.
    private const float Ln2High = 0.693359375f, Ln2Low = -2.12194440e-4f;

    /// <summary>e^x within 2 units in the last place; 0 below −87.3, e^88.3 above 88.3; NaN stays NaN.</summary>
    /// <remarks>x = n ln 2 + r with |r| ≤ ½ ln 2; e^r by a polynomial of degree 6 (Cephes, expf); 2^n by the exponent's bits.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exp(Vector512<float> x)
    {
        // The native forms return their second operand if one is NaN, so NaN is propagated.
        x = Vector512.MaxNative(Vector512.Create(-87.3f), Vector512.MinNative(Vector512.Create(88.3f), x));
        Vector512<float> n = Vector512.Round(x * 1.44269504088896341f);
        Vector512<float> r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-Ln2High), x);
        r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-Ln2Low), r);
        Vector512<float> p = Vector512.Create(1.9875691500e-4f);
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1.3981999507e-3f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(8.3334519073e-3f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(4.1665795894e-2f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1.6666665459e-1f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(5.0000001201e-1f));
        p = Vector512.FusedMultiplyAdd(p, r * r, r + Vector512<float>.One);
        return TimesPower(p, n);
    }

    /// <summary>e^{−x²/2} and with it Φ(x), the standard normal distribution, as <see cref="Numerics.Gaussian"/> computes it; NaN stays NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> NormalCumulative(Vector512<float> x, out Vector512<float> power)
    {
        power = Exp(x * x * -0.5f);
        Vector512<float> t = Vector512<float>.One / Vector512.FusedMultiplyAdd(Vector512.Create(Numerics.Gaussian.P), Vector512.Abs(x), Vector512<float>.One);
        Vector512<float> p = Vector512.FusedMultiplyAdd(Vector512.Create(Numerics.Gaussian.A5), t, Vector512.Create(Numerics.Gaussian.A4));
        p = Vector512.FusedMultiplyAdd(p, t, Vector512.Create(Numerics.Gaussian.A3));
        p = Vector512.FusedMultiplyAdd(p, t, Vector512.Create(Numerics.Gaussian.A2));
        p = Vector512.FusedMultiplyAdd(p, t, Vector512.Create(Numerics.Gaussian.A1));
        Vector512<float> tail = p * t * power;
        return Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512<float>.Zero), tail, Vector512<float>.One - tail);
    }

    /// <summary>1 / (1 + e^{−x}); 0 and 1 at the far ends, NaN stays NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Sigmoid(Vector512<float> x) => Reciprocal(Vector512<float>.One + Exp(-x));

    /// <summary>1 / (1 + 2^t), the sigmoid of −t / log₂ e, within 4 units in the last place for the given t; NaN stays NaN.</summary>
    /// <remarks>
    /// For callers whose preceding multiply-add can produce t at no cost: a third fewer operations than <see cref="Sigmoid"/>.
    /// t = n + r with |r| ≤ ½; 2^r by the minimax polynomial of degree 5 (Remez), relative error 7.5E-8, which 1 + … at least halves.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> SigmoidOfPower(Vector512<float> t)
    {
        // Above this, the result would be denormal; for very negative t, 2^t vanishes against 1 by itself.
        t = Vector512.MinNative(Vector512.Create(126f), t);
        if (!Avx512F.IsSupported)
            t = Vector512.MaxNative(Vector512.Create(-126f), t);
        Vector512<float> n = Vector512.Round(t), r = t - n;
        Vector512<float> p = Vector512.Create(1.3276472632e-3f);
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(9.6755413431e-3f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(5.5507132719e-2f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(2.4022119724e-1f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(6.9314696707e-1f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1.0000000717f));
        return Reciprocal(Vector512<float>.One + TimesPower(p, n));
    }

    /// <summary>tanh x within 6 units in the last place, also near 0; NaN stays NaN. The approximation of <see cref="Squash.Tanh"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Tanh(Vector512<float> x)
    {
        x = Vector512.MaxNative(Vector512.Create(-Squash.Limit), Vector512.MinNative(Vector512.Create(Squash.Limit), x));
        Vector512<float> s = x * x;
        Vector512<float> p = Vector512.FusedMultiplyAdd(Vector512.Create(Squash.A13), s, Vector512.Create(Squash.A11)), q = Vector512.FusedMultiplyAdd(Vector512.Create(Squash.B6), s, Vector512.Create(Squash.B4));
        p = Vector512.FusedMultiplyAdd(p, s, Vector512.Create(Squash.A9));
        q = Vector512.FusedMultiplyAdd(q, s, Vector512.Create(Squash.B2));
        p = Vector512.FusedMultiplyAdd(p, s, Vector512.Create(Squash.A7));
        q = Vector512.FusedMultiplyAdd(q, s, Vector512.Create(Squash.B0));
        p = Vector512.FusedMultiplyAdd(p, s, Vector512.Create(Squash.A5));
        p = Vector512.FusedMultiplyAdd(p, s, Vector512.Create(Squash.A3));
        p = Vector512.FusedMultiplyAdd(p, s, Vector512.Create(Squash.A1));
        return p * x / q;
    }

    /// <summary>x · 2^n for integers n.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> TimesPower(Vector512<float> x, Vector512<float> n) =>
        Avx512F.IsSupported ? Avx512F.Scale(x, n) : x * (Vector512.ConvertToInt32Native(n) + Vector512.Create(127) << 23).AsSingle();

    /// <summary>1 / x within 1 unit in the last place, for normal x with a normal reciprocal.</summary>
    /// <remarks>A 14-bit estimate and one Newton step take a third of the time of a division.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Reciprocal(Vector512<float> x)
    {
        if (!Avx512F.IsSupported)
            return Vector512<float>.One / x;
        Vector512<float> y = Avx512F.Reciprocal14(x);
        return Vector512.FusedMultiplyAdd(y, Avx512F.FusedMultiplyAddNegated(x, y, Vector512<float>.One), y);
    }
}
