using GpuCtr.SoftCuda.Execution.Access;
using GpuCtr.SoftCuda.Execution.Counting;
using GpuCtr.SoftCuda.Memory;
using GpuCtr.SoftCuda.Ptx;

namespace GpuCtr.SoftCuda.Execution;

/// <summary>A launch under way: what its blocks share.</summary>
internal sealed class LaunchState(PtxKernel kernel, KernelLaunch launch, DeviceMemory memory, Findings findings, bool checks, ulong begin)
{
    private readonly HashSet<(Check, int)> told = [];
    private readonly List<(Allocation Buffer, BufferNotes Notes)> used = [];

    /// <summary>Memory of the device.</summary>
    public DeviceMemory Memory => memory;

    /// <summary>Whether races and initialization are checked.</summary>
    public bool Checks => checks;

    /// <summary>Arguments.</summary>
    public byte[] Parameters => launch.Parameters;

    /// <summary>The block that runs.</summary>
    public Size3 Block { get; private set; }

    /// <summary>The time of the block that runs.</summary>
    public Clock Clock { get; private set; } = new(begin, begin, begin);

    /// <summary>Barriers so far.</summary>
    public long Barriers { get; private set; }

    /// <summary>Loads of global memory.</summary>
    public TrafficCount Loads { get; } = new();

    /// <summary>Stores of global memory.</summary>
    public TrafficCount Stores { get; } = new();

    /// <summary>Requests to shared memory.</summary>
    public BankCount Banks { get; } = new();

    /// <summary>Buffers of the device that were used, with checks on.</summary>
    public IEnumerable<(Allocation Buffer, BufferNotes Notes)> Used => used.Where(u => DeviceMemory.IsDevice(u.Buffer.Address));

    /// <summary>Begins a block.</summary>
    public void BeginBlock(Size3 block) => (Block, Clock) = (block, Clock with { Block = Clock.Now + 1, Now = Clock.Now + 1 });

    /// <summary>All threads of the block have met.</summary>
    public void PassBarrier()
    {
        Barriers++;
        Clock = Clock with { Now = Clock.Now + 1 };
    }

    /// <summary>The notes about a buffer.</summary>
    public BufferNotes NotesOf(Allocation buffer)
    {
        BufferNotes notes = (BufferNotes)(buffer.Shadow ??= new BufferNotes(buffer.Bytes));
        if (notes.Launch != Clock.Launch)
        {
            notes.Launch = Clock.Launch;
            notes.Reads.Clear();
            notes.Writes.Clear();
            used.Add((buffer, notes));
        }
        return notes;
    }

    /// <summary>Reports a finding: the first of its kind of each instruction.</summary>
    public void Report(Check check, PtxInstruction at, Warp warp, int lane, string what)
    {
        if (told.Add((check, at.Line)))
            findings.Add(new(check, $"{kernel.Name}, {at}, block {Text(Block)} of {Text(launch.Grid)}, thread {warp.FirstThread + lane} (lane {lane} of warp {warp.Index})", what));
    }

    private static string Text(Size3 size) => $"({size.X}, {size.Y}, {size.Z})";
}
