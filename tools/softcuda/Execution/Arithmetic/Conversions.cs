using System.Numerics;

namespace GpuCtr.SoftCuda.Execution.Arithmetic;

/// <summary>cvt between integers: cut to the type, then extended to the register with the sign of the type.</summary>
internal readonly struct IntegerToInteger<TFrom, TType, TRegister> : IMap<TFrom, TRegister>
    where TFrom : IBinaryInteger<TFrom>
    where TType : IBinaryInteger<TType>
    where TRegister : IBinaryInteger<TRegister>
{
    public static TRegister Apply(TFrom a) => TRegister.CreateTruncating(TType.CreateTruncating(a));
}

/// <summary>cvt.rn.f32 of an integer.</summary>
internal readonly struct IntegerToFloat<TFrom> : IMap<TFrom, float>
    where TFrom : IBinaryInteger<TFrom>
{
    // Through float64 a 64-bit integer would be rounded twice: a bit that stands for all that are cut keeps the halves apart.
    public static float Apply(TFrom a)
    {
        Int128 value = Int128.CreateTruncating(a), magnitude = Int128.Abs(value);
        return magnitude < 1L << 53
            ? (float)(double)value
            : (float)((double)(long)(magnitude >> 12 | ((magnitude & 0xfff) == 0 ? 0 : 1)) * 4096) * (value < 0 ? -1 : 1);
    }
}

/// <summary>How a conversion to an integer rounds.</summary>
internal interface IRounding
{
    static abstract double Round(double x);
}

/// <summary>.rni: to nearest, ties to even.</summary>
internal readonly struct ToNearest : IRounding
{
    public static double Round(double x) => Math.Round(x, MidpointRounding.ToEven);
}

/// <summary>.rzi: toward zero.</summary>
internal readonly struct TowardZero : IRounding
{
    public static double Round(double x) => Math.Truncate(x);
}

/// <summary>.rmi: toward minus infinity.</summary>
internal readonly struct Down : IRounding
{
    public static double Round(double x) => Math.Floor(x);
}

/// <summary>.rpi: toward plus infinity.</summary>
internal readonly struct Up : IRounding
{
    public static double Round(double x) => Math.Ceiling(x);
}

/// <summary>cvt of a float32 to an integer: clamped to the type; NaN is zero, or the highest bit alone of types of 64 bits.</summary>
internal readonly struct FloatToInteger<TRounding, TType, TRegister> : IMap<float, TRegister>
    where TRounding : struct, IRounding
    where TType : IBinaryInteger<TType>, IMinMaxValue<TType>
    where TRegister : IBinaryInteger<TRegister>
{
    public static TRegister Apply(float a) =>
        !float.IsNaN(a) ? TRegister.CreateTruncating(TType.CreateSaturating(TRounding.Round(a)))
        : TType.Zero.GetByteCount() == 8 ? TRegister.CreateTruncating(1UL << 63) : TRegister.Zero;
}

/// <summary>cvt of a float32 to an integral float32.</summary>
internal readonly struct FloatToIntegral<TRounding> : IMap<float, float>
    where TRounding : struct, IRounding
{
    public static float Apply(float a) => Floats.Canonical((float)TRounding.Round(a));
}

/// <summary>cvt.rna.tf32.f32: 10 fraction bits, ties away from zero.</summary>
internal readonly struct FloatToTf32 : IMap<float, uint>
{
    public static uint Apply(float a) => float.IsNaN(a) ? Floats.NaN : BitConverter.SingleToUInt32Bits(a) + 0x1000 & ~0x1fffu;
}

/// <summary>cvt.rn.bf16x2.f32: a in the upper half, b in the lower half; 7 fraction bits, ties to even.</summary>
internal readonly struct FloatsToBf16 : IMap<float, float, uint>
{
    public static uint Apply(float a, float b) => Bits(a) << 16 | Bits(b);

    private static uint Bits(float x)
    {
        uint bits = BitConverter.SingleToUInt32Bits(x);
        return float.IsNaN(x) ? 0x7fff : bits + 0x7fff + (bits >> 16 & 1) >> 16;
    }
}
