using System.Collections;

namespace GpuCtr.SoftCuda.Ptx;

/// <summary>Reads of registers that some way through the kernel leaves unwritten: what they hold there is anything.</summary>
public static class UnwrittenReads
{
    /// <summary>One line for every instruction and register, in the order of the text. A write that a predicate guards counts for nothing.</summary>
    public static IEnumerable<string> Of(PtxKernel kernel)
    {
        BitArray?[] written = WrittenBefore(kernel);
        foreach ((PtxInstruction at, BitArray? before) in kernel.Instructions.Zip(written))
            foreach (PtxRegister register in at.Reads.Distinct())
                if (before is not null && !before[register.Index])
                    yield return $"{at} reads {register.Name}, which not every way there has written";
    }

    /// <summary>Of every instruction, the registers that all ways to it have written; null where no way leads.</summary>
    private static BitArray?[] WrittenBefore(PtxKernel kernel)
    {
        BitArray?[] before = new BitArray?[kernel.Instructions.Count];
        Stack<(int At, BitArray Written)> open = new([(0, new BitArray(kernel.Registers.Count))]);
        while (open.TryPop(out (int At, BitArray Written) way))
        {
            if (way.At >= before.Length)
                continue;
            BitArray known = before[way.At] is { } earlier ? new BitArray(earlier).And(way.Written) : way.Written;
            if (before[way.At] is { } same && !new BitArray(same).Xor(known).HasAnySet())
                continue;
            before[way.At] = known;
            PtxInstruction instruction = kernel.Instructions[way.At];
            BitArray after = new(known);
            if (instruction.Guard is null)
                foreach (PtxRegister register in instruction.Writes)
                    after[register.Index] = true;
            if (instruction.IsBranch)
                open.Push((instruction.Target, after));
            bool goesOn = instruction.Guard is not null || !instruction.IsBranch && !instruction.IsReturn;
            if (goesOn)
                open.Push((way.At + 1, after));
        }
        return before;
    }
}
