using System.Runtime.Intrinsics;

namespace GpuCtr.SoftCuda.Execution.Arithmetic;

/// <summary>What all functions of float32 share.</summary>
internal static class Floats
{
    /// <summary>The NaN that every computation gives.</summary>
    public const uint NaN = 0x7fffffff;

    /// <summary>Makes every NaN the one of the ISA.</summary>
    public static Vector512<float> Canonical(Vector512<float> x) => Vector512.ConditionalSelect(Vector512.Equals(x, x), x, Vector512.Create(NaN).AsSingle());

    /// <summary>Makes every NaN the one of the ISA.</summary>
    public static float Canonical(float x) => float.IsNaN(x) ? BitConverter.UInt32BitsToSingle(NaN) : x;
}

/// <summary>add.rn.f32.</summary>
internal readonly struct FloatAdd : IBinary<float>
{
    public static Vector512<float> Apply(Vector512<float> a, Vector512<float> b) => Floats.Canonical(a + b);
}

/// <summary>sub.rn.f32.</summary>
internal readonly struct FloatSubtract : IBinary<float>
{
    public static Vector512<float> Apply(Vector512<float> a, Vector512<float> b) => Floats.Canonical(a - b);
}

/// <summary>mul.rn.f32.</summary>
internal readonly struct FloatMultiply : IBinary<float>
{
    public static Vector512<float> Apply(Vector512<float> a, Vector512<float> b) => Floats.Canonical(a * b);
}

/// <summary>fma.rn.f32, rounded once.</summary>
internal readonly struct FloatFusedMultiplyAdd : ITernary<float>
{
    public static Vector512<float> Apply(Vector512<float> a, Vector512<float> b, Vector512<float> c) => Floats.Canonical(Vector512.FusedMultiplyAdd(a, b, c));
}

/// <summary>a · b - c, rounded once.</summary>
internal readonly struct FloatFusedMultiplySubtract : ITernary<float>
{
    public static Vector512<float> Apply(Vector512<float> a, Vector512<float> b, Vector512<float> c) => Floats.Canonical(Vector512.FusedMultiplyAdd(a, b, -c));
}

/// <summary>c - a · b, rounded once.</summary>
internal readonly struct FloatFusedNegatedMultiplyAdd : ITernary<float>
{
    public static Vector512<float> Apply(Vector512<float> a, Vector512<float> b, Vector512<float> c) => Floats.Canonical(Vector512.FusedMultiplyAdd(-a, b, c));
}

/// <summary>div.rn.f32.</summary>
internal readonly struct FloatDivide : IBinary<float>
{
    public static Vector512<float> Apply(Vector512<float> a, Vector512<float> b) => Floats.Canonical(a / b);
}

/// <summary>min.f32: the other operand where one is NaN; -0 is below +0.</summary>
internal readonly struct FloatMinimum : IBinary<float>
{
    public static Vector512<float> Apply(Vector512<float> a, Vector512<float> b) => Floats.Canonical(Vector512.MinNumber(a, b));
}

/// <summary>max.f32: the other operand where one is NaN; -0 is below +0.</summary>
internal readonly struct FloatMaximum : IBinary<float>
{
    public static Vector512<float> Apply(Vector512<float> a, Vector512<float> b) => Floats.Canonical(Vector512.MaxNumber(a, b));
}

/// <summary>neg.f32.</summary>
internal readonly struct FloatNegate : IUnary<float>
{
    public static Vector512<float> Apply(Vector512<float> a) => a ^ Vector512.Create(-0f);
}

/// <summary>abs.f32.</summary>
internal readonly struct FloatAbsolute : IUnary<float>
{
    public static Vector512<float> Apply(Vector512<float> a) => Vector512.AndNot(a, Vector512.Create(-0f));
}

/// <summary>sqrt.rn.f32.</summary>
internal readonly struct FloatSquareRoot : IUnary<float>
{
    public static Vector512<float> Apply(Vector512<float> a) => Floats.Canonical(Vector512.Sqrt(a));
}

/// <summary>rcp.rn.f32.</summary>
internal readonly struct FloatReciprocal : IUnary<float>
{
    public static Vector512<float> Apply(Vector512<float> a) => Floats.Canonical(Vector512<float>.One / a);
}

/// <summary>ex2.approx.f32, rounded once from float64.</summary>
internal readonly struct FloatPowerOfTwo : IMap<float, float>
{
    public static float Apply(float a) => Floats.Canonical((float)Math.Pow(2, a));
}

/// <summary>lg2.approx.f32, rounded once from float64.</summary>
internal readonly struct FloatLogarithm : IMap<float, float>
{
    public static float Apply(float a) => Floats.Canonical((float)Math.Log2(a));
}
