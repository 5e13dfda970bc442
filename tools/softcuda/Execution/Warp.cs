using System.Runtime.InteropServices;
using GpuCtr.SoftCuda.Execution.Access;
using GpuCtr.SoftCuda.Execution.Counting;
using GpuCtr.SoftCuda.Memory;
using GpuCtr.SoftCuda.Ptx;

namespace GpuCtr.SoftCuda.Execution;

/// <summary>Why a warp has stopped.</summary>
internal enum WarpState
{
    /// <summary>It has instructions to execute.</summary>
    Running,

    /// <summary>It waits for the other warps of its block.</summary>
    AtBarrier,

    /// <summary>All of its lanes have ended.</summary>
    Done,
}

/// <summary>32 lanes in lockstep. Lanes that branch apart wait in groups; those with the smallest program counter go first, so that all meet again as early as possible.</summary>
internal sealed unsafe class Warp : IDisposable
{
    private readonly Program program;
    private readonly int[] waitingAt = new int[Lanes.Count];
    private readonly uint[] waitingLanes = new uint[Lanes.Count];
    private readonly bool[] waitsForOthers = new bool[Lanes.Count];
    private int waiting;
    private uint live;

    public Warp(Program program, BlockState block, int index)
    {
        (this.program, Block, Index) = (program, block, index);
        Registers = (byte*)NativeMemory.AlignedAlloc((nuint)program.Registers.Bytes, 64);
        program.Registers.WriteConstants(Registers);
        Local = new("local memory", LocalSpace.Base, (long)program.LocalBytes * Lanes.Count);
    }

    /// <summary>The block it belongs to.</summary>
    public BlockState Block { get; }

    /// <summary>Its place in the block.</summary>
    public int Index { get; }

    /// <summary>The register file.</summary>
    public byte* Registers { get; }

    /// <summary>Local memory of all lanes, one behind the other.</summary>
    public Allocation Local { get; }

    /// <summary>The lanes that execute now.</summary>
    public LaneMask Mask { get; } = new();

    /// <summary>The lanes that have a thread; the last warp of a block may have fewer.</summary>
    public uint Existing { get; private set; }

    /// <summary>Index of the first thread in its block.</summary>
    public int FirstThread => Index * Lanes.Count;

    /// <summary>The barrier at which it stands.</summary>
    public PtxInstruction? Barrier { get; private set; }

    /// <summary>Whether it can go on.</summary>
    public WarpState State { get; set; }

    /// <summary>Where loads and stores keep the addresses of their lanes: 32 of 8 bytes.</summary>
    public ulong* Addresses { get; } = (ulong*)NativeMemory.AlignedAlloc(8 * Lanes.Count, 64);

    /// <summary>Where loads and stores keep the offsets of their lanes in a buffer: 32 of 8 bytes.</summary>
    public long* Offsets { get; } = (long*)NativeMemory.AlignedAlloc(8 * Lanes.Count, 64);

    /// <summary>Index of the next instruction of the active lanes.</summary>
    public int Pc { get; set; }

    /// <summary>Begins a block with the lanes that it has threads for.</summary>
    public void Begin(uint lanes)
    {
        (Existing, live, Pc, waiting, State) = (lanes, lanes, 0, 0, WarpState.Running);
        Mask.Set(lanes);
        Local.Forget();
    }

    /// <summary>Executes until all lanes have ended or one stands at a barrier.</summary>
    public void Run()
    {
        Operation[] operations = program.Operations;
        ExecutionCount[] counts = program.Counts;
        while (State == WarpState.Running)
        {
            if (waiting > 0)
                Regroup();
            int pc = Pc++;
            counts[pc].Warps++;
            counts[pc].Lanes += Mask.Count;
            operations[pc].Execute(this);
        }
    }

    /// <summary>Sends some of the active lanes elsewhere; the others go on.</summary>
    public void Branch(uint taken, int target)
    {
        if (taken == Mask.Bits)
            Pc = target;
        else if (taken != 0)
        {
            Wait(target, taken);
            Mask.Set(Mask.Bits & ~taken);
        }
    }

    /// <summary>Makes the active lanes wait at the instruction being executed while other lanes of the warp can still come to it; false if none can.</summary>
    /// <remarks>What all lanes execute together may stand before code of some of them in the text.</remarks>
    public bool WaitForOthers()
    {
        if (Mask.Bits == live || Earliest() < 0)
            return false;
        Pc--;
        program.Counts[Pc].Warps--;
        program.Counts[Pc].Lanes -= Mask.Count;
        Wait(Pc, Mask.Bits);
        waitsForOthers[waiting - 1] = true;
        Take(Earliest());
        return true;
    }

    /// <summary>Waits for the other warps.</summary>
    public void StopAt(PtxInstruction barrier) => (State, Barrier) = (WarpState.AtBarrier, barrier);

    /// <summary>Ends some of the active lanes.</summary>
    public void Leave(uint lanes)
    {
        live &= ~lanes;
        Mask.Set(Mask.Bits & ~lanes);
        if (live == 0)
            State = WarpState.Done;
        else if (Mask.Bits == 0)
            Take(Math.Max(Earliest(), 0));
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(Registers);
        NativeMemory.AlignedFree(Addresses);
        NativeMemory.AlignedFree(Offsets);
        Mask.Dispose();
        Local.Dispose();
    }

    // The active lanes always have the smallest program counter.
    private void Regroup()
    {
        int earliest = Earliest();
        if (earliest >= 0 && Pc > waitingAt[earliest])
        {
            Wait(Pc, Mask.Bits);
            Take(Earliest());
        }
        for (int group = waiting - 1; group >= 0; group--)
            if (waitingAt[group] == Pc)
                Take(group, Mask.Bits);
    }

    private void Wait(int pc, uint lanes)
    {
        waitsForOthers[waiting] = false;
        (waitingAt[waiting], waitingLanes[waiting++]) = (pc, lanes);
    }

    private void Take(int group, uint others = 0)
    {
        Pc = waitingAt[group];
        Mask.Set(waitingLanes[group] | others);
        waiting--;
        (waitingAt[group], waitingLanes[group], waitsForOthers[group]) = (waitingAt[waiting], waitingLanes[waiting], waitsForOthers[waiting]);
    }

    // Of those that wait only for their turn; -1: there are none.
    private int Earliest()
    {
        int earliest = -1;
        for (int group = 0; group < waiting; group++)
            if (!waitsForOthers[group] && (earliest < 0 || waitingAt[group] < waitingAt[earliest]))
                earliest = group;
        return earliest;
    }
}
