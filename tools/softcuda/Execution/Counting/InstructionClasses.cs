using GpuCtr.SoftCuda.Ptx;

namespace GpuCtr.SoftCuda.Execution.Counting;

/// <summary>How often one instruction of a program was executed.</summary>
internal struct ExecutionCount
{
    public long Warps;
    public long Lanes;
}

/// <summary>What instructions count as.</summary>
internal static class InstructionClasses
{
    /// <summary>The class of an instruction.</summary>
    public static InstructionClass Of(PtxInstruction i) => i.Opcode switch
    {
        "ld" or "st" => i.Space switch
        {
            StateSpace.Global => InstructionClass.Global,
            StateSpace.Shared => InstructionClass.Shared,
            StateSpace.Local => InstructionClass.Local,
            _ => InstructionClass.Other,
        },
        "mma" => InstructionClass.Mma,
        "bra" or "ret" or "exit" => InstructionClass.Branch,
        "bar" => InstructionClass.Barrier,
        "mov" or "cvta" => InstructionClass.Other,
        _ => i.Types[^1] == PtxType.Pred ? InstructionClass.Other : i.Types.Any(t => t.IsFloat()) ? InstructionClass.Arithmetic : InstructionClass.Integer,
    };

    /// <summary>Floating-point operations of a lane.</summary>
    public static int Flops(PtxInstruction i) => i.Opcode switch
    {
        "fma" => 2,
        "add" or "sub" or "mul" or "div" or "min" or "max" or "sqrt" or "rcp" or "ex2" or "lg2" when i.Type == PtxType.F32 => 1,
        _ => 0,
    };
}
