namespace GpuCtr.SoftCuda.Ptx;

/// <summary>An operand of an instruction.</summary>
public abstract record PtxOperand;

/// <summary>A register of the kernel.</summary>
/// <param name="Name">With its percent sign.</param>
/// <param name="Type">As it was declared.</param>
/// <param name="Index">Its place in <see cref="PtxKernel.Registers"/>.</param>
public sealed record PtxRegister(string Name, PtxType Type, int Index) : PtxOperand;

/// <summary>A register of the machine, which cannot be written.</summary>
/// <param name="Kind">Which.</param>
public sealed record PtxSpecial(SpecialRegister Kind) : PtxOperand;

/// <summary>A constant.</summary>
/// <param name="Bits">Of an integer its value with its sign spread over 64 bits; of a floating-point number its bits.</param>
/// <param name="FloatBytes">4 or 8 of a floating-point number, 0 of an integer.</param>
public sealed record PtxImmediate(ulong Bits, int FloatBytes) : PtxOperand;

/// <summary>The address of a variable or parameter of the kernel.</summary>
/// <param name="Variable">Which.</param>
public sealed record PtxSymbol(PtxVariable Variable) : PtxOperand;

/// <summary>A place in memory: <c>[base + offset]</c>.</summary>
/// <param name="Base">A <see cref="PtxRegister"/> or a <see cref="PtxSymbol"/>.</param>
/// <param name="Offset">In bytes.</param>
public sealed record PtxAddress(PtxOperand Base, int Offset) : PtxOperand;

/// <summary>Several operands as one: <c>{a, b, c, d}</c>.</summary>
/// <param name="Elements">In order.</param>
public sealed record PtxVector(IReadOnlyList<PtxOperand> Elements) : PtxOperand;

/// <summary>A place in the program.</summary>
/// <param name="Name">As it stands in the text.</param>
public sealed record PtxLabel(string Name) : PtxOperand
{
    /// <summary>Index of the instruction behind the label in <see cref="PtxKernel.Instructions"/>; their count at the end of the kernel.</summary>
    public int Target { get; internal set; } = -1;
}

/// <summary>Registers that tell a lane who it is.</summary>
public enum SpecialRegister
{
    /// <summary>Thread in its block.</summary>
    TidX,

    /// <summary>Thread in its block.</summary>
    TidY,

    /// <summary>Thread in its block.</summary>
    TidZ,

    /// <summary>Threads of a block.</summary>
    NtidX,

    /// <summary>Threads of a block.</summary>
    NtidY,

    /// <summary>Threads of a block.</summary>
    NtidZ,

    /// <summary>Block in the grid.</summary>
    CtaidX,

    /// <summary>Block in the grid.</summary>
    CtaidY,

    /// <summary>Block in the grid.</summary>
    CtaidZ,

    /// <summary>Blocks of the grid.</summary>
    NctaidX,

    /// <summary>Blocks of the grid.</summary>
    NctaidY,

    /// <summary>Blocks of the grid.</summary>
    NctaidZ,

    /// <summary>Lane in its warp.</summary>
    LaneId,

    /// <summary>Bytes of shared memory that the launch added.</summary>
    DynamicSharedBytes,
}
