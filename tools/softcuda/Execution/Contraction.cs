using GpuCtr.SoftCuda.Execution.Arithmetic;
using GpuCtr.SoftCuda.Ptx;

namespace GpuCtr.SoftCuda.Execution;

/// <summary>Additions and subtractions whose product is rounded with them, as assemblers of a driver do it where the text does not forbid it with <c>.rn</c>.</summary>
/// <remarks>
/// PTX ISA, "add" and "mul": without a rounding modifier, both may be fused. Here they are if the product has no other use and stands in the same
/// straight piece of code. The product itself is still executed and counted.
/// </remarks>
internal sealed class Contraction
{
    private readonly Dictionary<PtxInstruction, (PtxInstruction Product, bool IsFirst)> products = [];

    public Contraction(PtxKernel kernel)
    {
        ILookup<int, PtxInstruction> reads = kernel.Instructions.SelectMany(i => i.Reads.Select(r => (r.Index, At: i))).ToLookup(r => r.Index, r => r.At);
        HashSet<int> begins = [.. kernel.Instructions.Where(i => i.IsBranch).Select(i => i.Target)];
        Dictionary<int, PtxInstruction> open = [];
        for (int at = 0; at < kernel.Instructions.Count; at++)
        {
            PtxInstruction i = kernel.Instructions[at];
            if (begins.Contains(at))
                open.Clear();
            if (i.Opcode is "add" or "sub" && MayFuse(i) && Product(i, open, reads) is { } found)
                products.Add(i, found);
            foreach (PtxRegister changed in i.Writes)
                foreach (int product in open.Where(o => o.Key == changed.Index || o.Value.Reads.Contains(changed)).Select(o => o.Key).ToArray())
                    open.Remove(product);
            if (i.Opcode == "mul" && MayFuse(i) && i.Writes.Single() is var written && !i.Reads.Contains(written))
                open[written.Index] = i;
            if (i.IsBranch || i.IsReturn)
                open.Clear();
        }
    }

    /// <summary>How many there are.</summary>
    public int Count => products.Count;

    /// <summary>The function of an addition or subtraction with its product, and its operands; null if it stands alone.</summary>
    public (Type Function, PtxOperand[] Operands)? Of(PtxInstruction i)
    {
        if (!products.TryGetValue(i, out (PtxInstruction Product, bool IsFirst) found))
            return null;
        Type function = i.Opcode == "add" ? typeof(FloatFusedMultiplyAdd) : found.IsFirst ? typeof(FloatFusedMultiplySubtract) : typeof(FloatFusedNegatedMultiplyAdd);
        return (function, [i.Operands[0], found.Product.Operands[1], found.Product.Operands[2], i.Operands[found.IsFirst ? 2 : 1]]);
    }

    private static bool MayFuse(PtxInstruction i) => i.Guard is null && i.Types is [PtxType.F32] && i.Modifiers.Count == 0;

    private static (PtxInstruction, bool)? Product(PtxInstruction sum, Dictionary<int, PtxInstruction> open, ILookup<int, PtxInstruction> reads)
    {
        foreach (int operand in new[] { 1, 2 })
            if (sum.Operands[operand] is PtxRegister r && open.TryGetValue(r.Index, out PtxInstruction? product) && reads[r.Index].Count() == 1)
                return (product, operand == 1);
        return null;
    }
}
