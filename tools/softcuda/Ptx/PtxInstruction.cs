namespace GpuCtr.SoftCuda.Ptx;

/// <summary>Executes an instruction only in lanes where a predicate holds: <c>@p</c> or <c>@!p</c>.</summary>
/// <param name="Predicate">The register.</param>
/// <param name="Negated">Whether it must be false.</param>
public sealed record PtxGuard(PtxRegister Predicate, bool Negated);

/// <summary>One instruction, as it stands in the text.</summary>
public sealed class PtxInstruction
{
    private PtxRegister[]? writes, reads;

    /// <summary>Counts from 1.</summary>
    public required int Line { get; init; }

    /// <summary>Opcode with everything behind it, as in <c>setp.lt.s32</c>.</summary>
    public required string Mnemonic { get; init; }

    /// <summary>The first part of the mnemonic.</summary>
    public required string Opcode { get; init; }

    /// <summary>The parts of the mnemonic that are no types, in order.</summary>
    public required IReadOnlyList<string> Modifiers { get; init; }

    /// <summary>The types of the mnemonic in order: what it computes in; of conversions the result, then the source.</summary>
    public required IReadOnlyList<PtxType> Types { get; init; }

    /// <summary>Which lanes it is for; null for all.</summary>
    public required PtxGuard? Guard { get; init; }

    /// <summary>Operands in order, the written one first.</summary>
    public required IReadOnlyList<PtxOperand> Operands { get; init; }

    /// <summary>How many operands at the front are written: 1, or 0 of instructions without a result.</summary>
    public required int Results { get; init; }

    /// <summary>The first type of the mnemonic.</summary>
    public PtxType Type => Types[0];

    /// <summary>Whether it branches.</summary>
    public bool IsBranch => Opcode == "bra";

    /// <summary>Whether threads end here.</summary>
    public bool IsReturn => Opcode is "ret" or "exit";

    /// <summary>Where a branch leads: an index into the kernel's instructions.</summary>
    public int Target => ((PtxLabel)Operands[0]).Target;

    /// <summary>Whether the text promises that all lanes of a warp do the same here.</summary>
    public bool IsUniform => Has("uni");

    /// <summary>Registers that are written.</summary>
    public IReadOnlyList<PtxRegister> Writes => writes ??= [.. Operands.Take(Results).SelectMany(Registers)];

    /// <summary>Registers that are read: operands, bases of addresses and the guard.</summary>
    public IReadOnlyList<PtxRegister> Reads => reads ??= [.. Operands.Skip(Results).SelectMany(Registers), .. Guard is null ? Array.Empty<PtxRegister>() : [Guard.Predicate]];

    /// <summary>Whether a part of the mnemonic is there.</summary>
    public bool Has(string modifier) => Modifiers.Contains(modifier);

    /// <summary>Where it reads or writes memory; null of all but loads and stores.</summary>
    public StateSpace? Space => Opcode is not ("ld" or "st") ? null : Modifiers.Select(Spaces.Of).First(s => s is not null);

    /// <inheritdoc/>
    public override string ToString() => $"line {Line} ({Mnemonic})";

    private static IEnumerable<PtxRegister> Registers(PtxOperand operand) => operand switch
    {
        PtxRegister r => [r],
        PtxAddress a => Registers(a.Base),
        PtxVector v => v.Elements.SelectMany(Registers),
        _ => [],
    };
}

/// <summary>Names of state spaces.</summary>
internal static class Spaces
{
    /// <summary>The space of a name without its dot; null if it is none.</summary>
    public static StateSpace? Of(string name) => name switch
    {
        "param" => StateSpace.Parameter,
        "global" => StateSpace.Global,
        "shared" => StateSpace.Shared,
        "local" => StateSpace.Local,
        _ => null,
    };
}
