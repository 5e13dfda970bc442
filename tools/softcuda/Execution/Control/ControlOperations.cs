using GpuCtr.SoftCuda.Ptx;

namespace GpuCtr.SoftCuda.Execution.Control;

/// <summary>Lanes in which a guarded instruction takes place.</summary>
/// <param name="Place">Of the predicate; less than 0 for all lanes.</param>
/// <param name="Negated">Whether it must be false.</param>
internal readonly unsafe record struct Guard(int Place, bool Negated)
{
    /// <summary>Those of the active lanes for which the guard holds.</summary>
    public uint Of(Warp warp)
    {
        if (Place < 0)
            return warp.Mask.Bits;
        uint holds = *(uint*)(warp.Registers + Place);
        return warp.Mask.Bits & (Negated ? ~holds : holds);
    }
}

/// <summary>Executes another operation only in lanes for which a guard holds.</summary>
internal sealed class Guarded(Guard guard, Operation inner) : Operation
{
    public override void Execute(Warp warp)
    {
        uint before = warp.Mask.Bits, lanes = guard.Of(warp);
        if (lanes == 0)
            return;
        warp.Mask.Set(lanes);
        inner.Execute(warp);
        warp.Mask.Set(before);
    }
}

/// <summary>bra.</summary>
internal sealed class Branch(Guard guard, PtxInstruction at) : Operation
{
    private readonly bool uniform = at.IsUniform;
    private readonly int target = at.Target;

    public override void Execute(Warp warp)
    {
        uint taken = guard.Of(warp);
        if (uniform && taken != 0 && taken != warp.Mask.Bits)
            warp.Block.Launch.Report(Check.Uniformity, at, warp, Lanes.First(taken), $"a branch marked uniform is taken by lanes {taken:x8} of {warp.Mask.Bits:x8}");
        warp.Branch(taken, target);
    }
}

/// <summary>ret and exit.</summary>
internal sealed class Return(Guard guard) : Operation
{
    public override void Execute(Warp warp) => warp.Leave(guard.Of(warp));
}

/// <summary>bar.sync: all threads of the block meet. A lane that does not come to the same barrier as the others of its warp would let them wait for ever, or not at all.</summary>
internal sealed class BlockBarrier(Guard guard, PtxInstruction at) : Operation
{
    public override void Execute(Warp warp)
    {
        uint lanes = guard.Of(warp);
        if (lanes != warp.Existing)
        {
            if (warp.WaitForOthers())
                return;
            int missing = Lanes.First(warp.Existing & ~lanes);
            warp.Block.Launch.Report(Check.Barrier, at, warp, missing, $"the barrier is reached by lanes {lanes:x8} of {warp.Existing:x8}");
            throw new KernelFault(CudaResult.LaunchFailed);
        }
        warp.StopAt(at);
    }
}
