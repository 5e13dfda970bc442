namespace GpuCtr.SoftCuda.Ptx;

/// <summary>Where a variable lies.</summary>
public enum StateSpace
{
    /// <summary>Arguments of the launch, the same for all threads.</summary>
    Parameter,

    /// <summary>Memory of the device.</summary>
    Global,

    /// <summary>Memory of a block.</summary>
    Shared,

    /// <summary>Memory of a thread.</summary>
    Local,
}

/// <summary>A parameter or variable of a kernel.</summary>
/// <param name="Name">As it stands in the text.</param>
/// <param name="Space">Where it lies.</param>
/// <param name="Offset">In bytes from the begin of the parameters, or of the kernel's variables in that space.</param>
/// <param name="Bytes">Its size; 0 of the shared memory whose size the launch gives.</param>
/// <param name="Alignment">In bytes.</param>
public sealed record PtxVariable(string Name, StateSpace Space, int Offset, int Bytes, int Alignment);

/// <summary>A kernel: its declarations and its program.</summary>
public sealed class PtxKernel
{
    /// <summary>The name a launch asks for.</summary>
    public required string Name { get; init; }

    /// <summary>Parameters in order.</summary>
    public required IReadOnlyList<PtxVariable> Parameters { get; init; }

    /// <summary>Variables in shared and local memory in order.</summary>
    public required IReadOnlyList<PtxVariable> Variables { get; init; }

    /// <summary>Registers; operands point here.</summary>
    public required IReadOnlyList<PtxRegister> Registers { get; init; }

    /// <summary>The program. Behind the last instruction a kernel ends.</summary>
    public required IReadOnlyList<PtxInstruction> Instructions { get; init; }

    /// <summary>Most threads of a block (<c>.maxntid</c>); null where the kernel does not say.</summary>
    public int? MaxThreads { get; init; }

    /// <summary>Bytes of all parameters.</summary>
    public int ParameterBytes => End(Parameters);

    /// <summary>Bytes of shared memory of a block, without those the launch adds.</summary>
    public int SharedBytes => End(Variables.Where(v => v.Space == StateSpace.Shared));

    /// <summary>Bytes of local memory of a thread.</summary>
    public int LocalBytes => End(Variables.Where(v => v.Space == StateSpace.Local));

    private static int End(IEnumerable<PtxVariable> variables) => variables.Select(v => v.Offset + v.Bytes).DefaultIfEmpty(0).Max();
}
