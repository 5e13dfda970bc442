using System.Collections;
using GpuCtr.SoftCuda.Ptx;

namespace GpuCtr.Kernels.Tests.Ptx;

/// <summary>Basic blocks of a kernel, and where divergent paths converge.</summary>
internal sealed class ControlFlow
{
    private readonly List<int> starts = [];
    private readonly int[] blockOf;
    private readonly int[][] successors;
    private readonly BitArray[] postdominators;

    public ControlFlow(PtxKernel kernel)
    {
        IReadOnlyList<PtxInstruction> all = kernel.Instructions;
        SortedSet<int> leaders = [0];
        for (int i = 0; i < all.Count; i++)
            if (all[i].IsBranch || all[i].IsReturn)
            {
                leaders.Add(i + 1);
                if (all[i].IsBranch)
                    leaders.Add(all[i].Target);
            }
        starts.AddRange(leaders.Where(l => l < all.Count));
        Instructions = all.Count;
        blockOf = new int[all.Count + 1];
        for (int b = 0; b < Count; b++)
            Array.Fill(blockOf, b, starts[b], End(b) - starts[b]);
        blockOf[all.Count] = Exit;
        successors = [.. Enumerable.Range(0, Count).Select(b => Successors(all[End(b) - 1], End(b)))];
        postdominators = Postdominators();
    }

    /// <summary>Number of blocks.</summary>
    public int Count => starts.Count;

    /// <summary>The block after the end of every way.</summary>
    public int Exit => Count;

    private int Instructions { get; }

    /// <summary>First instruction of a block.</summary>
    public int Start(int block) => starts[block];

    /// <summary>The instruction after the last one of a block.</summary>
    public int End(int block) => block + 1 < Count ? starts[block + 1] : Instructions;

    /// <summary>The block of an instruction.</summary>
    public int BlockOf(int instruction) => blockOf[instruction];

    /// <summary>Blocks that may come next.</summary>
    public IReadOnlyList<int> Next(int block) => successors[block];

    /// <summary>Blocks that may be executed by some lanes only, if lanes diverge at the end of <paramref name="block"/>: all blocks up to its post-dominator.</summary>
    public IEnumerable<int> Parted(int block)
    {
        HashSet<int> seen = [];
        Stack<int> open = new(successors[block]);
        while (open.TryPop(out int at))
            if (at != Exit && !(at != block && postdominators[block][at]) && seen.Add(at))
                foreach (int next in successors[at])
                    open.Push(next);
        return seen;
    }

    private int[] Successors(PtxInstruction last, int next)
    {
        int[] through = [blockOf[next]];
        if (last.IsBranch)
            return last.Guard is null ? [blockOf[last.Target]] : [.. through.Append(blockOf[last.Target]).Distinct()];
        if (last.IsReturn)
            return last.Guard is null ? [Exit] : [.. through, Exit];
        return through;
    }

    /// <summary>[block][other]: whether every path from a block to the end passes the other (post-dominators). The greatest solution of the usual equations.</summary>
    private BitArray[] Postdominators()
    {
        BitArray[] sets = [.. Enumerable.Range(0, Count + 1).Select(b => new BitArray(Count + 1, b != Exit))];
        sets[Exit][Exit] = true;
        for (bool changed = true; changed;)
        {
            changed = false;
            for (int b = Count - 1; b >= 0; b--)
            {
                BitArray through = new(sets[successors[b][0]]);
                foreach (int s in successors[b].AsSpan(1))
                    through.And(sets[s]);
                through[b] = true;
                if (new BitArray(through).Xor(sets[b]).HasAnySet())
                    (sets[b], changed) = (through, true);
            }
        }
        return sets;
    }
}
