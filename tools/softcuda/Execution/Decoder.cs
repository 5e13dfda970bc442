using GpuCtr.SoftCuda.Execution.Access;
using GpuCtr.SoftCuda.Execution.Arithmetic;
using GpuCtr.SoftCuda.Execution.Control;
using GpuCtr.SoftCuda.Ptx;

namespace GpuCtr.SoftCuda.Execution;

/// <summary>Turns instructions into operations on places of the register file.</summary>
/// <param name="registers">Where registers and constants lie.</param>
/// <param name="localBytes">Local memory of a thread.</param>
/// <param name="contraction">Which additions are fused with a product; null: none.</param>
internal sealed class Decoder(RegisterFile registers, int localBytes, Contraction? contraction)
{
    private static readonly Guard everywhere = new(-1, false);

    private readonly GlobalSpace global = new();
    private readonly SharedSpace shared = new();
    private readonly LocalSpace local = new(localBytes);

    /// <summary>What happens behind the last instruction.</summary>
    public Operation End => new Return(everywhere);

    /// <summary>The operation of an instruction.</summary>
    public Operation Decode(PtxInstruction i)
    {
        Guard guard = i.Guard is { } g ? new(registers.Place(g.Predicate, 0), g.Negated) : everywhere;
        return i.Opcode switch
        {
            "bra" => new Branch(guard, i),
            "ret" or "exit" => new Return(guard),
            "bar" => new BlockBarrier(guard, i),
            _ => guard == everywhere ? Unguarded(i) : new Guarded(guard, Unguarded(i)),
        };
    }

    private Operation Unguarded(PtxInstruction i) => i.Opcode switch
    {
        "ld" or "st" => Memory(i),
        "mma" => i.Types[1] == PtxType.Tf32 ? Tensor<Tf32Elements>(i) : Tensor<Bf16Elements>(i),
        "mul" when i.Has("wide") => new WideProduct(Place(i, 0, 8), Place(i, 1, 4), Place(i, 2, 4), i.Type.IsSigned()),
        "cvt" => Conversion(i),
        "setp" when i.Operands.Count == 4 => Combination(i),
        "setp" or "testp" => Generic.Operation(typeof(Compare<,>), [Functions.Relation(i), Clr.Of(i.Type)], Place(i, 0, 0), Source(i, 1), Source(i, i.Operands.Count - 1)),
        "selp" => Generic.Operation(typeof(Select<>), [Clr.Of(i.Type)], Source(i, 0), Source(i, 1), Source(i, 2), Place(i, 3, 0)),
        _ when i.Types[^1] == PtxType.Pred => new PredicateLogic(i.Opcode, Place(i, 0, 0), Place(i, 1, 0), Place(i, i.Operands.Count - 1, 0)),
        _ => Arithmetic(i),
    };

    private Operation Arithmetic(PtxInstruction i)
    {
        if (contraction?.Of(i) is { } fused)
            return Generic.Operation(typeof(Ternary<,>), [fused.Function, typeof(float)], [.. fused.Operands.Select(o => (object)registers.Place(o, 4))]);
        Type function = Functions.Arithmetic(i), element = Clr.Of(i.Type);
        object[] places = [.. Enumerable.Range(0, i.Operands.Count).Select(o => (object)Source(i, o))];
        if (i.Opcode is "shl" or "shr")
            return Generic.Operation(typeof(Map<,,,>), [function, element, typeof(uint), element], places[0], places[1], Place(i, 2, 4));
        if (!Generic.Is(function, typeof(IMap<,>)) && !Generic.Is(function, typeof(IMap<,,>)))
            return Generic.Operation(places.Length switch { 2 => typeof(Unary<,>), 3 => typeof(Binary<,>), _ => typeof(Ternary<,>) }, [function, element], places);
        return places.Length == 2
            ? Generic.Operation(typeof(Map<,,>), [function, element, element], [.. places, i.Type.Bytes()])
            : Generic.Operation(typeof(Map<,,,>), [function, element, element, element], places);
    }

    /// <summary>setp.relation.logic p, a, b, q: the relation of a and b, joined with q, which may be p.</summary>
    private Combined Combination(PtxInstruction i)
    {
        int relation = registers.Scratch;
        return new(
            Generic.Operation(typeof(Compare<,>), [Functions.Relation(i), Clr.Of(i.Type)], relation, Source(i, 1), Source(i, 2)),
            new PredicateLogic(i.Modifiers[1], Place(i, 0, 0), relation, Place(i, 3, 0)));
    }

    private Operation Conversion(PtxInstruction i)
    {
        PtxType to = i.Types[0], from = i.Types[^1];
        if (to == PtxType.Bf16x2)
            return new Map<FloatsToBf16, float, float, uint>(Place(i, 0, 4), Place(i, 1, 4), Place(i, 2, 4));
        int sourceBytes = i.Operands[1] is PtxRegister r ? r.Type.Bytes() : Math.Max(4, from.Bytes());
        Type register = to.IsFloat() ? Clr.Of(to) : Clr.Register(((PtxRegister)i.Operands[0]).Type);
        return Generic.Operation(typeof(Map<,,>), [Functions.Conversion(i, register), Clr.Of(from), register], Place(i, 0, 0), Place(i, 1, sourceBytes), sourceBytes);
    }

    private Operation Memory(PtxInstruction i)
    {
        bool isStore = i.Opcode == "st";
        PtxAddress address = (PtxAddress)i.Operands[isStore ? 0 : 1];
        PtxOperand value = i.Operands[isStore ? 1 : 0];
        IReadOnlyList<PtxOperand> elements = value is PtxVector v ? v.Elements : [value];
        // Constants have the size of the type; registers may be larger.
        PtxType register = elements.OfType<PtxRegister>().Select(r => r.Type).FirstOrDefault(i.Type);
        int[] places = [.. elements.Select(e => registers.Place(e, Math.Max(4, register.Bytes())))];
        Type[] types = [Clr.Bits(i.Type), Clr.Register(register)];
        if (address.Base is PtxSymbol { Variable: { Space: StateSpace.Parameter } parameter })
            return Generic.Operation(typeof(LoadParameter<,>), types, parameter.Offset + address.Offset, places[0]);
        MemorySpace space = i.Space switch { StateSpace.Global => global, StateSpace.Shared => shared, _ => local };
        return Generic.Operation(isStore ? typeof(Store<,>) : typeof(Load<,>), types, space, registers.Place(address.Base, 8), address.Offset, places, i);
    }

    private TensorProduct<T> Tensor<T>(PtxInstruction i)
        where T : struct, ITensorElements =>
        new(Fragment(i, 0), Fragment(i, 1), Fragment(i, 2), Fragment(i, 3), i);

    private int[] Fragment(PtxInstruction i, int operand) => [.. ((PtxVector)i.Operands[operand]).Elements.Select(e => registers.Place(e, 4))];

    private int Source(PtxInstruction i, int operand) => Place(i, operand, i.Type.Bytes());

    private int Place(PtxInstruction i, int operand, int bytes) => registers.Place(i.Operands[operand], bytes);
}
