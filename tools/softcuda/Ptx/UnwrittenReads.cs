using System.Collections;

namespace GpuCtr.SoftCuda.Ptx;

/// <summary>Reads of registers that some way through the kernel leaves unwritten: what they hold there is anything.</summary>
public static class UnwrittenReads
{
    /// <summary>One line for every instruction and register, in the order of the text. A write that a predicate guards counts for nothing.</summary>
    public static IEnumerable<string> Of(PtxKernel kernel)
    {
        HashSet<int> labels = [.. kernel.Instructions.Where(i => i.IsBranch).Select(i => i.Target), 0];
        foreach ((int begin, BitArray written) in WrittenAt(kernel, labels).OrderBy(label => label.Key))
            foreach ((int at, BitArray before) in Piece(kernel, labels, begin, written))
                if (at == begin || !labels.Contains(at))
                    foreach (PtxRegister register in kernel.Instructions[at].Reads.Distinct().Where(r => !before[r.Index]))
                        yield return $"{kernel.Instructions[at]} reads {register.Name}, which not every way there has written";
    }

    /// <summary>Of every label that a way leads to, the registers that all ways to it have written: the greatest solution, from the first instruction on.</summary>
    private static Dictionary<int, BitArray> WrittenAt(PtxKernel kernel, HashSet<int> labels)
    {
        Dictionary<int, BitArray> known = [];
        // In the order of the text, a label is mostly looked at after all that lead to it.
        PriorityQueue<int, int> open = new();
        void Reach(int label, BitArray written)
        {
            if (label >= kernel.Instructions.Count)
                return;
            if (known.TryGetValue(label, out BitArray? before) && !new BitArray(written).Not().And(before).HasAnySet())
                return;
            known[label] = before is null ? new(written) : before.And(written);
            open.Enqueue(label, label);
        }
        Reach(0, new(kernel.Registers.Count));
        while (open.TryDequeue(out int begin, out _))
            foreach ((int at, BitArray written) in Piece(kernel, labels, begin, known[begin]))
                if (at != begin && labels.Contains(at))
                    Reach(at, written);
                else if (kernel.Instructions[at].IsBranch)
                    Reach(kernel.Instructions[at].Target, written);
        return known;
    }

    /// <summary>The instructions from a label to the next one, that one included if they lead to it, each with the registers that are written before it.</summary>
    private static IEnumerable<(int At, BitArray Written)> Piece(PtxKernel kernel, HashSet<int> labels, int begin, BitArray before)
    {
        BitArray written = new(before);
        for (int at = begin; at < kernel.Instructions.Count; at++)
        {
            yield return (at, written);
            PtxInstruction i = kernel.Instructions[at];
            if (at != begin && labels.Contains(at) || i.Guard is null && (i.IsBranch || i.IsReturn))
                yield break;
            if (i.Guard is null)
                foreach (PtxRegister register in i.Writes)
                    written[register.Index] = true;
        }
    }
}
