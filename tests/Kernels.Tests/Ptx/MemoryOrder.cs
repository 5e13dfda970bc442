using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using ILGPU.Backends;
using ILGPU.IR;
using ILGPU.IR.Transformations;
using ILGPU.IR.Values;

namespace GpuCtr.Kernels.Tests.Ptx;

/// <summary>Watches whether ILGPU keeps the order of a kernel's accesses to memory where it moves code.</summary>
/// <remarks>
/// CodePlacement of ILGPU 1.5.3 moves a load whose value a branch or a later block needs to there, and looks at the accesses between, but not at
/// the last one of a block: it may be the store that overwrites the address, or a barrier. Values keep their identity, so both orders can be compared.
/// </remarks>
internal sealed class MemoryOrder
{
    private readonly Dictionary<Value, int> before = new(ReferenceEqualityComparer.Instance);

    /// <summary>Loads that changed places with an access they may depend on, since the last call of <see cref="Take"/>.</summary>
    private readonly List<string> moved = [];

    /// <summary>From now on, compilations of a backend are watched.</summary>
    public void Watch(Backend backend)
    {
        ref ImmutableArray<Transformer> transformers = ref Transformers(backend);
        transformers = [.. transformers.Select(Watched)];
    }

    /// <summary>What moved in the compilations since the last call.</summary>
    public IReadOnlyList<string> Take()
    {
        string[] taken = [.. moved];
        moved.Clear();
        before.Clear();
        return taken;
    }

    private Transformer Watched(Transformer transformer)
    {
        Transformer.Builder builder = Transformer.CreateBuilder(transformer.Configuration);
        foreach (Transformation t in transformer.Transformations)
        {
            if (t is CodePlacement)
                builder.Add(new Look(Note));
            builder.Add(t);
            if (t is CodePlacement)
                builder.Add(new Look(Compare));
        }
        return builder.ToTransformer();
    }

    private void Note(Value[] order)
    {
        for (int i = 0; i < order.Length; i++)
            before[order[i]] = i;
    }

    private void Compare(Value[] order)
    {
        for (int late = 0; late < order.Length; late++)
            for (int early = 0; early < late; early++)
                if (before[order[early]] > before[order[late]] && (MayDepend(order[late], order[early]) || MayDepend(order[early], order[late])))
                    moved.Add($"{order[late]} is now behind {order[early]}");
    }

    /// <summary>Whether a load reads what another access writes, or what a barrier makes visible.</summary>
    private static bool MayDepend(Value load, Value other) => load is Load l && other switch
    {
        Store s => s.TargetAddressSpace == l.SourceAddressSpace || s.TargetAddressSpace == MemoryAddressSpace.Generic || l.SourceAddressSpace == MemoryAddressSpace.Generic,
        AtomicValue or BarrierOperation or MemoryBarrier or MethodCall => true,
        _ => false,
    };

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "<KernelTransformers>k__BackingField")]
    private static extern ref ImmutableArray<Transformer> Transformers(Backend backend);

    /// <summary>A transformation that changes nothing.</summary>
    private sealed class Look(Action<Value[]> see) : SequentialUnorderedTransformation
    {
        protected override bool PerformTransformation(IRContext context, Method.Builder builder)
        {
            List<Value> order = [];
            foreach (BasicBlock block in builder.SourceBlocks)
                foreach (BasicBlock.ValueEntry entry in block)
                    if (entry.Value is MemoryValue memory)
                        order.Add(memory);
            see([.. order]);
            return false;
        }
    }
}
