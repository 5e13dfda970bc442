namespace GpuCtr.SoftCuda.Blas;

/// <summary>What factors of a product are rounded to before they are multiplied.</summary>
internal enum Rounding
{
    /// <summary>Nothing: CUBLAS_COMPUTE_32F and its pedantic form.</summary>
    None,

    /// <summary>8 bits of exponent and 10 of mantissa: CUBLAS_COMPUTE_32F_FAST_TF32.</summary>
    Tf32,

    /// <summary>8 bits of exponent and 7 of mantissa: CUBLAS_COMPUTE_32F_FAST_16BF.</summary>
    Bf16,
}

/// <summary>Rounding of floats.</summary>
internal static class Roundings
{
    /// <summary>The rounding of a compute type (<c>cublasComputeType_t</c>); null of one that this machine does not have.</summary>
    public static Rounding? Of(int computeType) => computeType switch
    {
        68 or 69 => Rounding.None,
        77 => Rounding.Tf32,
        75 => Rounding.Bf16,
        _ => null,
    };

    /// <summary>A value rounded to nearest: ties away from zero as cvt.rna.tf32 does, to even as cvt.rn.bf16 does.</summary>
    public static float Apply(this Rounding rounding, float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        // Infinity and NaN have no bits to round.
        if (rounding == Rounding.None || (bits & 0x7F80_0000) == 0x7F80_0000)
            return value;
        return BitConverter.UInt32BitsToSingle(rounding == Rounding.Tf32
            ? bits + 0x1000 & ~0x1FFFu
            : bits + 0x7FFF + (bits >> 16 & 1) & ~0xFFFFu);
    }
}
