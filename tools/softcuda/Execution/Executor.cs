using System.Runtime.CompilerServices;
using GpuCtr.SoftCuda.Execution.Counting;
using GpuCtr.SoftCuda.Memory;
using GpuCtr.SoftCuda.Ptx;

namespace GpuCtr.SoftCuda.Execution;

/// <summary>Executes launches, one at a time, block by block in lockstep of warps.</summary>
/// <param name="memory">Memory of the device.</param>
/// <param name="findings">Takes breaches of rules.</param>
/// <param name="capability">The GPU it stands for.</param>
/// <param name="checks">Whether races and initialization are checked; bounds, alignment, barriers and uniformity always are.</param>
/// <param name="contracts">Whether products are rounded together with the sums that they go into.</param>
public sealed class Executor(DeviceMemory memory, Findings findings, Capability capability, bool checks = true, bool contracts = true)
{
    private readonly ConditionalWeakTable<PtxKernel, Program> programs = [];

    // 0 is when memory was never used.
    private ulong now = 1;

    /// <summary>What the last launch did.</summary>
    public LaunchCounts Counts { get; private set; } = new();

    /// <summary>What the last launch read and wrote of buffers, with checks on.</summary>
    public IReadOnlyList<Touch> Touched { get; private set; } = [];

    /// <summary>Executes a launch to its end, or to its first fault.</summary>
    /// <returns>Success, or IllegalAddress, MisalignedAddress, LaunchFailed, LaunchOutOfResources, InvalidValue.</returns>
    public CudaResult Run(PtxKernel kernel, KernelLaunch launch)
    {
        if (Refusal(kernel, launch) is { } refused)
            return refused;
        Program program = programs.GetValue(kernel, k => new(k, contracts));
        LaunchState state = new(kernel, launch, memory, findings, checks, now + 1);
        using BlockState block = new(program, launch, state);
        long blocks = 0;
        program.ForgetCounts();
        try
        {
            for (int z = 0; z < launch.Grid.Z; z++)
                for (int y = 0; y < launch.Grid.Y; y++)
                    for (int x = 0; x < launch.Grid.X; x++, blocks++)
                        block.Run(new(x, y, z));
            return CudaResult.Success;
        }
        catch (KernelFault fault)
        {
            return fault.Result;
        }
        finally
        {
            now = state.Clock.Now;
            Counts = program.CountsOf(state, blocks, block.Warps);
            Touched = [.. state.Used.SelectMany(u => new[] { u.Notes.Reads.Of(u.Buffer, wrote: false), u.Notes.Writes.Of(u.Buffer, wrote: true) }).OfType<Touch>()];
        }
    }

    private CudaResult? Refusal(PtxKernel kernel, KernelLaunch launch)
    {
        if (launch.Grid is not { X: > 0, Y: > 0, Z: > 0 } || launch.Block is not { X: > 0, Y: > 0, Z: > 0 } || launch.DynamicSharedBytes < 0 || launch.Parameters.Length < kernel.ParameterBytes)
            return CudaResult.InvalidValue;
        if (launch.Block.Count > Capability.BlockThreads || launch.Block.Z > 64 || launch.Grid.Y > ushort.MaxValue || launch.Grid.Z > ushort.MaxValue)
            return CudaResult.InvalidValue;
        bool fits = launch.Block.Count <= (kernel.MaxThreads ?? int.MaxValue) && kernel.SharedBytes + launch.DynamicSharedBytes <= Math.Min(Capability.BlockSharedBytes, capability.SharedBytes);
        return fits ? null : CudaResult.LaunchOutOfResources;
    }
}
