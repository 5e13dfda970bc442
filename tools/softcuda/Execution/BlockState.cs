using GpuCtr.SoftCuda.Memory;

namespace GpuCtr.SoftCuda.Execution;

/// <summary>A block under way: its warps and its shared memory. One serves all blocks of a launch, one after the other.</summary>
internal sealed class BlockState : IDisposable
{
    private readonly Program program;
    private readonly KernelLaunch launch;
    private readonly Allocation[] shared;
    private readonly Warp[] warps;

    public BlockState(Program program, KernelLaunch launch, LaunchState state)
    {
        (this.program, this.launch, Launch) = (program, launch, state);
        shared = [.. program.Shared(launch.DynamicSharedBytes)];
        warps = [.. Enumerable.Range(0, (int)(launch.Block.Count + Lanes.Count - 1) / Lanes.Count).Select(i => new Warp(program, this, i))];
    }

    /// <summary>The launch it belongs to.</summary>
    public LaunchState Launch { get; }

    /// <summary>How many warps it has.</summary>
    public int Warps => warps.Length;

    /// <summary>The variable in shared memory at an address, or the last one before it; null before the first.</summary>
    public Allocation? FindShared(ulong address) => shared.LastOrDefault(s => s.Address <= address);

    /// <summary>Executes a block.</summary>
    public void Run(Size3 block)
    {
        Launch.BeginBlock(block);
        foreach (Allocation variable in shared)
            variable.Forget();
        foreach (Warp warp in warps)
        {
            program.Registers.WriteSpecials(warp, launch, block);
            int threads = Math.Min(Lanes.Count, (int)launch.Block.Count - warp.FirstThread);
            warp.Begin(threads == Lanes.Count ? Lanes.All : (1u << threads) - 1);
        }
        do
            foreach (Warp warp in warps)
                warp.Run();
        while (PassBarrier());
    }

    public void Dispose()
    {
        foreach (Warp warp in warps)
            warp.Dispose();
        foreach (Allocation variable in shared)
            variable.Dispose();
    }

    // False when all warps have ended.
    private bool PassBarrier()
    {
        if (warps.FirstOrDefault(w => w.State == WarpState.AtBarrier) is not { } first)
            return false;
        if (warps.FirstOrDefault(w => w.State == WarpState.Done || w.Barrier!.Operands[0] != first.Barrier!.Operands[0]) is { } absent)
        {
            string where = absent.State == WarpState.Done ? "has ended" : $"waits in line {absent.Barrier!.Line}";
            Launch.Report(Check.Barrier, first.Barrier!, first, 0, $"warp {absent.Index} {where} and does not reach the barrier");
            throw new KernelFault(CudaResult.LaunchFailed);
        }
        Launch.PassBarrier();
        foreach (Warp warp in warps)
            warp.State = WarpState.Running;
        return true;
    }
}
