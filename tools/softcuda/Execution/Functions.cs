using GpuCtr.SoftCuda.Execution.Arithmetic;
using GpuCtr.SoftCuda.Ptx;

namespace GpuCtr.SoftCuda.Execution;

/// <summary>The functions of instructions.</summary>
internal static class Functions
{
    /// <summary>The function of an instruction whose operands and result have one type.</summary>
    public static Type Arithmetic(PtxInstruction i)
    {
        if (i.Type == PtxType.F32 && i.Opcode != "mov")
            return Float(i);
        Type element = Clr.Of(i.Type);
        return Integer(i).MakeGenericType(element);
    }

    /// <summary>The relation of a comparison.</summary>
    public static Type Relation(PtxInstruction i)
    {
        Type element = Clr.Of(i.Type);
        return i.Modifiers[0] switch
        {
            "eq" => typeof(Equal<>).MakeGenericType(element),
            "ne" when i.Type == PtxType.F32 => typeof(AndOrdered<NotEqual<float>>),
            "ne" => typeof(NotEqual<>).MakeGenericType(element),
            "lt" or "lo" => typeof(Less<>).MakeGenericType(element),
            "le" or "ls" => typeof(LessOrEqual<>).MakeGenericType(element),
            "gt" or "hi" => typeof(Greater<>).MakeGenericType(element),
            "ge" or "hs" => typeof(GreaterOrEqual<>).MakeGenericType(element),
            "equ" => typeof(Opposite<AndOrdered<NotEqual<float>>>),
            "neu" => typeof(NotEqual<float>),
            "ltu" => typeof(Opposite<GreaterOrEqual<float>>),
            "leu" => typeof(Opposite<Greater<float>>),
            "gtu" => typeof(Opposite<LessOrEqual<float>>),
            "geu" => typeof(Opposite<Less<float>>),
            "num" or "number" => typeof(Ordered),
            "nan" or "notanumber" => typeof(Opposite<Ordered>),
            "finite" => typeof(Finite),
            "infinite" => typeof(Infinite),
            _ => throw Missing(i),
        };
    }

    /// <summary>The function of a conversion into a register of a type.</summary>
    public static Type Conversion(PtxInstruction i, Type register)
    {
        PtxType to = i.Types[0], from = i.Types[^1];
        if (to == PtxType.Tf32)
            return typeof(FloatToTf32);
        if (!from.IsFloat())
            return to.IsFloat() ? typeof(IntegerToFloat<>).MakeGenericType(Clr.Of(from)) : typeof(IntegerToInteger<,,>).MakeGenericType(Clr.Of(from), Clr.Of(to), register);
        Type rounding = i.Modifiers[0] switch
        {
            "rni" => typeof(ToNearest),
            "rzi" => typeof(TowardZero),
            "rmi" => typeof(Down),
            "rpi" => typeof(Up),
            _ => throw Missing(i),
        };
        return to.IsFloat() ? typeof(FloatToIntegral<>).MakeGenericType(rounding) : typeof(FloatToInteger<,,>).MakeGenericType(rounding, Clr.Of(to), register);
    }

    private static Type Float(PtxInstruction i) => i.Opcode switch
    {
        "add" => typeof(FloatAdd),
        "sub" => typeof(FloatSubtract),
        "mul" => typeof(FloatMultiply),
        "fma" => typeof(FloatFusedMultiplyAdd),
        "div" => typeof(FloatDivide),
        "min" => typeof(FloatMinimum),
        "max" => typeof(FloatMaximum),
        "neg" => typeof(FloatNegate),
        "abs" => typeof(FloatAbsolute),
        "sqrt" => typeof(FloatSquareRoot),
        "rcp" => typeof(FloatReciprocal),
        "ex2" => typeof(FloatPowerOfTwo),
        "lg2" => typeof(FloatLogarithm),
        _ => throw Missing(i),
    };

    private static Type Integer(PtxInstruction i) => i.Opcode switch
    {
        "mov" or "cvta" => typeof(Copy<>),
        "add" => typeof(Add<>),
        "sub" => typeof(Subtract<>),
        "mul" => i.Has("hi") ? typeof(MultiplyHigh<>) : typeof(MultiplyLow<>),
        "mad" => typeof(MultiplyAddLow<>),
        "div" => typeof(Divide<>),
        "rem" => typeof(Remainder<>),
        "min" => typeof(Minimum<>),
        "max" => typeof(Maximum<>),
        "neg" => typeof(Negate<>),
        "abs" => typeof(Absolute<>),
        "and" => typeof(And<>),
        "or" => typeof(Or<>),
        "xor" => typeof(Xor<>),
        "not" => typeof(Not<>),
        "shl" => typeof(ShiftLeft<>),
        "shr" => typeof(ShiftRight<>),
        _ => throw Missing(i),
    };

    private static InvalidOperationException Missing(PtxInstruction i) => new($"{i} is in the instruction set without a function");
}
