using GpuCtr.SoftCuda.Ptx;

namespace GpuCtr.SoftCuda.Execution;

/// <summary>Where the registers and constants of a kernel lie in the register file of a warp: one element a lane, side by side; a predicate is one bit a lane.</summary>
/// <remarks>Constants and special registers have places too, so that operations know only places.</remarks>
internal sealed unsafe class RegisterFile
{
    private readonly Func<PtxVariable, ulong> addressOf;
    private readonly int[] places;
    private readonly Dictionary<(ulong Bits, int Bytes), int> constants = [];
    private readonly Dictionary<SpecialRegister, int> specials = [];
    private int? scratch;

    /// <param name="kernel">Whose registers.</param>
    /// <param name="addressOf">Where a variable of the kernel lies.</param>
    public RegisterFile(PtxKernel kernel, Func<PtxVariable, ulong> addressOf)
    {
        this.addressOf = addressOf;
        places = [.. kernel.Registers.Select(r => Add(r.Type.Bytes()))];
    }

    /// <summary>A predicate between two steps of one instruction.</summary>
    public int Scratch => scratch ??= Add(0);

    /// <summary>Size; grows while instructions are decoded.</summary>
    public int Bytes { get; private set; }

    /// <summary>The place of an operand.</summary>
    /// <param name="operand">A register, constant or address of a variable.</param>
    /// <param name="bytes">Size of an element; 0 of a predicate.</param>
    public int Place(PtxOperand operand, int bytes) => operand switch
    {
        PtxRegister r => places[r.Index],
        PtxImmediate i => Constant(i.Bits, bytes),
        PtxSymbol s => Constant(addressOf(s.Variable), bytes),
        PtxSpecial s => specials.TryGetValue(s.Kind, out int place) ? place : specials[s.Kind] = Add(4),
        _ => throw new InvalidOperationException($"{operand} is no value"),
    };

    /// <summary>Writes what never changes.</summary>
    public void WriteConstants(byte* registers)
    {
        foreach (((ulong bits, int bytes), int place) in constants)
            if (bytes == 0)
                *(uint*)(registers + place) = bits == 0 ? 0 : Lanes.All;
            else if (bytes == 8)
                new Span<ulong>(registers + place, Lanes.Count).Fill(bits);
            else
                new Span<uint>(registers + place, Lanes.Count).Fill((uint)bits);
    }

    /// <summary>Writes who the lanes of a warp are.</summary>
    public void WriteSpecials(Warp warp, KernelLaunch launch, Size3 block)
    {
        foreach ((SpecialRegister kind, int place) in specials)
            for (int lane = 0; lane < Lanes.Count; lane++)
                ((int*)(warp.Registers + place))[lane] = Special(kind, launch, block, warp.FirstThread + lane, lane);
    }

    private static int Special(SpecialRegister kind, KernelLaunch launch, Size3 block, int thread, int lane) => kind switch
    {
        SpecialRegister.TidX => thread % launch.Block.X,
        SpecialRegister.TidY => thread / launch.Block.X % launch.Block.Y,
        SpecialRegister.TidZ => thread / (launch.Block.X * launch.Block.Y),
        SpecialRegister.NtidX => launch.Block.X,
        SpecialRegister.NtidY => launch.Block.Y,
        SpecialRegister.NtidZ => launch.Block.Z,
        SpecialRegister.CtaidX => block.X,
        SpecialRegister.CtaidY => block.Y,
        SpecialRegister.CtaidZ => block.Z,
        SpecialRegister.NctaidX => launch.Grid.X,
        SpecialRegister.NctaidY => launch.Grid.Y,
        SpecialRegister.NctaidZ => launch.Grid.Z,
        SpecialRegister.LaneId => lane,
        _ => launch.DynamicSharedBytes,
    };

    private int Constant(ulong bits, int bytes)
    {
        ulong kept = bytes == 4 ? (uint)bits : bits;
        return constants.TryGetValue((kept, bytes), out int place) ? place : constants[(kept, bytes)] = Add(bytes);
    }

    // A predicate takes a whole vector too: there are few.
    private int Add(int bytes)
    {
        int place = Bytes;
        Bytes += Math.Max(64, Lanes.Count * bytes);
        return place;
    }
}
