namespace GpuCtr.SoftCuda.Execution.Arithmetic;

/// <summary>Predicates: one bit a lane.</summary>
internal static unsafe class Predicates
{
    /// <summary>Writes the bits of active lanes.</summary>
    public static void Store(Warp warp, int place, uint bits)
    {
        uint* to = (uint*)(warp.Registers + place);
        uint active = warp.Mask.Bits;
        *to = *to & ~active | bits & active;
    }
}

/// <summary>and, or, xor, not and mov of predicates.</summary>
internal sealed unsafe class PredicateLogic(string opcode, int d, int a, int b) : Operation
{
    public override void Execute(Warp warp)
    {
        uint x = *(uint*)(warp.Registers + a), y = *(uint*)(warp.Registers + b);
        Predicates.Store(warp, d, opcode switch
        {
            "and" => x & y,
            "or" => x | y,
            "xor" => x ^ y,
            "not" => ~x,
            _ => x,
        });
    }
}

/// <summary>One instruction in two steps.</summary>
internal sealed class Combined(Operation first, Operation second) : Operation
{
    public override void Execute(Warp warp)
    {
        first.Execute(warp);
        second.Execute(warp);
    }
}
