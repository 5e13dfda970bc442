using GpuCtr.SoftCuda.Ptx;

namespace GpuCtr.SoftCuda.Execution;

/// <summary>Types of the host for types of PTX.</summary>
internal static class Clr
{
    /// <summary>In which values are computed.</summary>
    public static Type Of(PtxType type) => type switch
    {
        PtxType.S8 => typeof(sbyte),
        PtxType.S16 => typeof(short),
        PtxType.S32 => typeof(int),
        PtxType.S64 => typeof(long),
        PtxType.F32 => typeof(float),
        PtxType.F64 => typeof(double),
        PtxType.Tf32 or PtxType.Bf16x2 => typeof(uint),
        _ => Unsigned(type.Bytes()),
    };

    /// <summary>In which values move: an integer of the same size, with the sign of the type.</summary>
    public static Type Bits(PtxType type) => type.IsFloat() ? Unsigned(type.Bytes()) : Of(type);

    /// <summary>The element of a register.</summary>
    public static Type Register(PtxType type) => Unsigned(Math.Max(4, type.Bytes()));

    private static Type Unsigned(int bytes) => bytes switch
    {
        1 => typeof(byte),
        2 => typeof(ushort),
        4 => typeof(uint),
        _ => typeof(ulong),
    };
}

/// <summary>Makes operations of generic classes.</summary>
internal static class Generic
{
    /// <summary>An operation of a class with these type arguments.</summary>
    public static Operation Operation(Type open, Type[] arguments, params object[] values) => (Operation)Activator.CreateInstance(open.MakeGenericType(arguments), values)!;

    /// <summary>Whether a type implements a generic interface.</summary>
    public static bool Is(Type type, Type open) => type.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == open);
}
