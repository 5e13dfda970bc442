using GpuCtr.SoftCuda.Ptx;

namespace GpuCtr.Kernels.Tests.Ptx;

/// <summary>Finds what may diverge between the lanes of a warp. Sound: anything it does not report is uniform in every execution.</summary>
/// <remarks>
/// A value may differ between lanes if it comes from the number of a thread or from memory; if it is computed from such a value; or if it is
/// written where only some lanes may be active, between a branch on such a value and the point that all paths from it pass. This is iterated to a fixed point.
/// </remarks>
internal sealed class Divergence
{
    private readonly PtxKernel kernel;
    private readonly ControlFlow flow;

    // [block]: registers that may differ when it begins; [block]: whether only some lanes may be in it.
    private readonly bool[][] differing;
    private readonly bool[] parted;

    private Divergence(PtxKernel kernel)
    {
        (this.kernel, flow) = (kernel, new ControlFlow(kernel));
        differing = [.. Enumerable.Range(0, flow.Count).Select(_ => new bool[kernel.Registers.Count])];
        parted = new bool[flow.Count];
        while (Pass())
        {
        }
    }

    /// <summary>Conditional branches that are marked uniform, and instructions for whole warps and blocks, that are not proven so.</summary>
    public static IEnumerable<string> Breaches(PtxKernel kernel)
    {
        Divergence found = new(kernel);
        for (int b = 0; b < found.flow.Count; b++)
        {
            bool[] state = [.. found.differing[b]];
            for (int i = found.flow.Start(b); i < found.flow.End(b); i++)
            {
                PtxInstruction instruction = kernel.Instructions[i];
                if (instruction.IsUniform && Parts(instruction, state))
                    yield return $"{instruction} is marked uniform, and its lanes may differ";
                if (instruction.Opcode is "bar" or "mma" && (found.parted[b] || Parts(instruction, state)))
                    yield return $"{instruction} is for all lanes, and only some may reach it";
                found.Execute(instruction, state, found.parted[b]);
            }
        }
    }

    private static bool Parts(PtxInstruction instruction, bool[] state) => instruction.Guard is { } guard && state[guard.Predicate.Index];

    private bool Pass()
    {
        bool changed = false;
        bool[] state = new bool[kernel.Registers.Count];
        for (int b = 0; b < flow.Count; b++)
        {
            differing[b].CopyTo(state, 0);
            for (int i = flow.Start(b); i < flow.End(b); i++)
                Execute(kernel.Instructions[i], state, parted[b]);
            PtxInstruction last = kernel.Instructions[flow.End(b) - 1];
            if ((last.IsBranch || last.IsReturn) && Parts(last, state))
                foreach (int apart in flow.Parted(b).Where(p => !parted[p]))
                    changed = parted[apart] = true;
            foreach (int next in flow.Next(b).Where(n => n != flow.Exit))
                for (int r = 0; r < state.Length; r++)
                    if (state[r] && !differing[next][r])
                        changed = differing[next][r] = true;
        }
        return changed;
    }

    private void Execute(PtxInstruction instruction, bool[] state, bool isParted)
    {
        bool differs = isParted || instruction.Opcode == "mma" || instruction.Space is { } space && space != StateSpace.Parameter
            || instruction.Operands.Any(IsOfThread);
        foreach (PtxRegister read in instruction.Reads)
            differs |= state[read.Index];
        foreach (PtxRegister written in instruction.Writes)
            state[written.Index] = differs || instruction.Guard is not null && state[written.Index];
    }

    private static bool IsOfThread(PtxOperand operand) => operand is PtxSpecial { Kind: SpecialRegister.TidX or SpecialRegister.TidY or SpecialRegister.TidZ or SpecialRegister.LaneId };
}
