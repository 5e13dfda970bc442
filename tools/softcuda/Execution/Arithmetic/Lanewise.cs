namespace GpuCtr.SoftCuda.Execution.Arithmetic;

/// <summary>A function of one value that vectors of the host do not have.</summary>
internal interface IMap<TFrom, TTo>
{
    static abstract TTo Apply(TFrom a);
}

/// <summary>A function of two values that vectors of the host do not have.</summary>
internal interface IMap<TFirst, TSecond, TTo>
{
    static abstract TTo Apply(TFirst a, TSecond b);
}

/// <summary>d = f(a), lane by lane; elements of a lie so many bytes apart.</summary>
internal sealed unsafe class Map<TFunction, TFrom, TTo>(int d, int a, int stride) : Operation
    where TFunction : struct, IMap<TFrom, TTo>
    where TFrom : unmanaged
    where TTo : unmanaged
{
    public override void Execute(Warp warp)
    {
        byte* from = warp.Registers + a;
        TTo* to = (TTo*)(warp.Registers + d);
        uint active = warp.Mask.Bits;
        for (int lane = 0; lane < Lanes.Count; lane++, from += stride)
            if ((active >> lane & 1) != 0)
                to[lane] = TFunction.Apply(*(TFrom*)from);
    }
}

/// <summary>d = f(a, b), lane by lane.</summary>
internal sealed unsafe class Map<TFunction, TFirst, TSecond, TTo>(int d, int a, int b) : Operation
    where TFunction : struct, IMap<TFirst, TSecond, TTo>
    where TFirst : unmanaged
    where TSecond : unmanaged
    where TTo : unmanaged
{
    public override void Execute(Warp warp)
    {
        byte* r = warp.Registers;
        uint active = warp.Mask.Bits;
        for (int lane = 0; lane < Lanes.Count; lane++)
            if ((active >> lane & 1) != 0)
                ((TTo*)(r + d))[lane] = TFunction.Apply(((TFirst*)(r + a))[lane], ((TSecond*)(r + b))[lane]);
    }
}
