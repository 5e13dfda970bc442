using System.Runtime.Intrinsics;

namespace GpuCtr.SoftCuda.Execution.Arithmetic;

/// <summary>A function of one value, for the lanes of a vector at once.</summary>
internal interface IUnary<T>
{
    static abstract Vector512<T> Apply(Vector512<T> a);
}

/// <summary>A function of two values, for the lanes of a vector at once.</summary>
internal interface IBinary<T>
{
    static abstract Vector512<T> Apply(Vector512<T> a, Vector512<T> b);
}

/// <summary>A function of three values, for the lanes of a vector at once.</summary>
internal interface ITernary<T>
{
    static abstract Vector512<T> Apply(Vector512<T> a, Vector512<T> b, Vector512<T> c);
}

/// <summary>d = f(a). Operands are places in the register file of a warp.</summary>
internal sealed unsafe class Unary<TFunction, T>(int d, int a) : Operation
    where TFunction : struct, IUnary<T>
    where T : unmanaged
{
    public override void Execute(Warp warp)
    {
        byte* r = warp.Registers, active = warp.Mask.Spread(sizeof(T));
        for (int i = 0; i < Lanes.Count * sizeof(T); i += 64)
            Lanes.Store(r + d + i, active + i, TFunction.Apply(Vector512.Load((T*)(r + a + i))));
    }
}

/// <summary>d = f(a, b).</summary>
internal sealed unsafe class Binary<TFunction, T>(int d, int a, int b) : Operation
    where TFunction : struct, IBinary<T>
    where T : unmanaged
{
    public override void Execute(Warp warp)
    {
        byte* r = warp.Registers, active = warp.Mask.Spread(sizeof(T));
        for (int i = 0; i < Lanes.Count * sizeof(T); i += 64)
            Lanes.Store(r + d + i, active + i, TFunction.Apply(Vector512.Load((T*)(r + a + i)), Vector512.Load((T*)(r + b + i))));
    }
}

/// <summary>d = f(a, b, c).</summary>
internal sealed unsafe class Ternary<TFunction, T>(int d, int a, int b, int c) : Operation
    where TFunction : struct, ITernary<T>
    where T : unmanaged
{
    public override void Execute(Warp warp)
    {
        byte* r = warp.Registers, active = warp.Mask.Spread(sizeof(T));
        for (int i = 0; i < Lanes.Count * sizeof(T); i += 64)
            Lanes.Store(r + d + i, active + i, TFunction.Apply(Vector512.Load((T*)(r + a + i)), Vector512.Load((T*)(r + b + i)), Vector512.Load((T*)(r + c + i))));
    }
}
