using GpuCtr.SoftCuda.Execution.Access;
using GpuCtr.SoftCuda.Execution.Counting;
using GpuCtr.SoftCuda.Memory;
using GpuCtr.SoftCuda.Ptx;

namespace GpuCtr.SoftCuda.Execution;

/// <summary>A kernel in the form in which it is executed.</summary>
internal sealed class Program
{
    private readonly PtxKernel kernel;
    private readonly PtxVariable[] shared;

    /// <param name="kernel">The kernel.</param>
    /// <param name="contracts">Whether products are rounded together with the sums that they go into.</param>
    public Program(PtxKernel kernel, bool contracts)
    {
        this.kernel = kernel;
        shared = [.. kernel.Variables.Where(v => v.Space == StateSpace.Shared)];
        Registers = new(kernel, AddressOf);
        Decoder decoder = new(Registers, kernel.LocalBytes, contracts ? new(kernel) : null);
        // A kernel ends behind its last instruction.
        Operations = [.. kernel.Instructions.Select(decoder.Decode), decoder.End];
        Counts = new ExecutionCount[Operations.Length];
    }

    /// <summary>Where its registers lie.</summary>
    public RegisterFile Registers { get; }

    /// <summary>One for each instruction, and a return.</summary>
    public Operation[] Operations { get; }

    /// <summary>How often each was executed.</summary>
    public ExecutionCount[] Counts { get; }

    /// <summary>Bytes of local memory of a thread.</summary>
    public int LocalBytes => kernel.LocalBytes;

    /// <summary>The shared memory of a block: a buffer for each variable.</summary>
    public IEnumerable<Allocation> Shared(int dynamicBytes) =>
        shared.Select(v => new Allocation($"shared memory {v.Name}", AddressOf(v), v.Bytes == 0 ? dynamicBytes : v.Bytes)).OrderBy(a => a.Address);

    /// <summary>Begins to count anew.</summary>
    public void ForgetCounts() => Array.Clear(Counts);

    /// <summary>The counts of a launch.</summary>
    public LaunchCounts CountsOf(LaunchState launch, long blocks, int warps)
    {
        Executed[] byClass = new Executed[Enum.GetValues<InstructionClass>().Length];
        long flops = 0;
        foreach ((PtxInstruction instruction, ExecutionCount count) in kernel.Instructions.Zip(Counts))
        {
            byClass[(int)InstructionClasses.Of(instruction)] += new Executed(count.Warps, count.Lanes);
            flops += count.Lanes * InstructionClasses.Flops(instruction);
        }
        return new()
        {
            Launches = 1,
            Blocks = blocks,
            Warps = blocks * warps,
            Barriers = launch.Barriers,
            ByClass = byClass,
            Fp32 = flops,
            Loads = launch.Loads.Sums,
            Stores = launch.Stores.Sums,
            SharedRequests = launch.Banks.Requests,
            SharedPasses = launch.Banks.Passes,
            BankConflicts = launch.Banks.Conflicts,
            ReadBytes = launch.Used.Sum(u => u.Notes.Reads.SectorBytes),
            WrittenBytes = launch.Used.Sum(u => u.Notes.Writes.SectorBytes),
        };
    }

    // Dynamic shared memory lies behind the other.
    private ulong AddressOf(PtxVariable variable) => variable.Space switch
    {
        StateSpace.Shared when variable.Bytes == 0 => SharedSpace.Address(shared.Length, (kernel.SharedBytes + 127) / 128 * 128),
        StateSpace.Shared => SharedSpace.Address(Array.IndexOf(shared, variable), variable.Offset),
        StateSpace.Local => LocalSpace.Base + (ulong)variable.Offset,
        _ => throw new InvalidOperationException($"{variable.Name} has no address"),
    };
}
