namespace GpuCtr.SoftCuda.Ptx;

/// <summary>Fundamental types of PTX, and the alternate floating-point formats of tensor cores.</summary>
public enum PtxType
{
    /// <summary>One bit.</summary>
    Pred,

    /// <summary>8 bits without a type.</summary>
    B8,

    /// <summary>16 bits without a type.</summary>
    B16,

    /// <summary>32 bits without a type.</summary>
    B32,

    /// <summary>64 bits without a type.</summary>
    B64,

    /// <summary>Unsigned, 8 bits.</summary>
    U8,

    /// <summary>Unsigned, 16 bits.</summary>
    U16,

    /// <summary>Unsigned, 32 bits.</summary>
    U32,

    /// <summary>Unsigned, 64 bits.</summary>
    U64,

    /// <summary>Signed, 8 bits.</summary>
    S8,

    /// <summary>Signed, 16 bits.</summary>
    S16,

    /// <summary>Signed, 32 bits.</summary>
    S32,

    /// <summary>Signed, 64 bits.</summary>
    S64,

    /// <summary>IEEE 754, 32 bits.</summary>
    F32,

    /// <summary>IEEE 754, 64 bits.</summary>
    F64,

    /// <summary>8 exponent and 10 fraction bits, in a register of 32 bits.</summary>
    Tf32,

    /// <summary>8 exponent and 7 fraction bits.</summary>
    Bf16,

    /// <summary>Two of <see cref="Bf16"/> in a register of 32 bits.</summary>
    Bf16x2,
}

/// <summary>What is asked of a <see cref="PtxType"/>.</summary>
public static class PtxTypes
{
    /// <summary>The type of a name without its dot, as in <c>f32</c>.</summary>
    public static bool TryParse(string name, out PtxType type) => Enum.TryParse(name, ignoreCase: true, out type) && char.IsLetter(name[0]);

    /// <summary>Size in bytes; 0 of a predicate, which has no place in memory.</summary>
    public static int Bytes(this PtxType type) => type switch
    {
        PtxType.Pred => 0,
        PtxType.B8 or PtxType.U8 or PtxType.S8 => 1,
        PtxType.B16 or PtxType.U16 or PtxType.S16 or PtxType.Bf16 => 2,
        PtxType.B64 or PtxType.U64 or PtxType.S64 or PtxType.F64 => 8,
        _ => 4,
    };

    /// <summary>Whether it is a signed integer.</summary>
    public static bool IsSigned(this PtxType type) => type is PtxType.S8 or PtxType.S16 or PtxType.S32 or PtxType.S64;

    /// <summary>Whether it is a floating-point number.</summary>
    public static bool IsFloat(this PtxType type) => type >= PtxType.F32;
}
