using System.Runtime.Intrinsics;

namespace GpuCtr.SoftCuda.Execution.Arithmetic;

/// <summary>A relation of two values, for the lanes of a vector at once: all ones where it holds.</summary>
internal interface IRelation<T>
{
    static abstract Vector512<T> Holds(Vector512<T> a, Vector512<T> b);
}

/// <summary>p = a r b.</summary>
internal sealed unsafe class Compare<TRelation, T>(int d, int a, int b) : Operation
    where TRelation : struct, IRelation<T>
    where T : unmanaged
{
    public override void Execute(Warp warp)
    {
        byte* r = warp.Registers;
        ulong holds = 0;
        for (int lane = 0; lane < Lanes.Count; lane += 64 / sizeof(T))
            holds |= TRelation.Holds(Vector512.Load((T*)(r + a) + lane), Vector512.Load((T*)(r + b) + lane)).ExtractMostSignificantBits() << lane;
        Predicates.Store(warp, d, (uint)holds);
    }
}

/// <summary>d = p ? a : b.</summary>
internal sealed unsafe class Select<T>(int d, int a, int b, int p) : Operation
    where T : unmanaged
{
    public override void Execute(Warp warp)
    {
        byte* r = warp.Registers, active = warp.Mask.Spread(sizeof(T));
        uint chosen = *(uint*)(r + p);
        for (int lane = 0; lane < Lanes.Count; lane += 64 / sizeof(T))
        {
            Vector512<T> value = Vector512.ConditionalSelect(Lanes.Spread<T>(chosen, lane), Vector512.Load((T*)(r + a) + lane), Vector512.Load((T*)(r + b) + lane));
            Lanes.Store(r + d + lane * sizeof(T), active + lane * sizeof(T), value);
        }
    }
}

/// <summary>Equal; of floats also: both are numbers.</summary>
internal readonly struct Equal<T> : IRelation<T>
{
    public static Vector512<T> Holds(Vector512<T> a, Vector512<T> b) => Vector512.Equals(a, b);
}

/// <summary>Unequal; of floats also where one is NaN (<c>.neu</c>).</summary>
internal readonly struct NotEqual<T> : IRelation<T>
{
    public static Vector512<T> Holds(Vector512<T> a, Vector512<T> b) => ~Vector512.Equals(a, b);
}

/// <summary>Less; of floats also: both are numbers.</summary>
internal readonly struct Less<T> : IRelation<T>
{
    public static Vector512<T> Holds(Vector512<T> a, Vector512<T> b) => Vector512.LessThan(a, b);
}

/// <summary>Less or equal; of floats also: both are numbers.</summary>
internal readonly struct LessOrEqual<T> : IRelation<T>
{
    public static Vector512<T> Holds(Vector512<T> a, Vector512<T> b) => Vector512.LessThanOrEqual(a, b);
}

/// <summary>Greater; of floats also: both are numbers.</summary>
internal readonly struct Greater<T> : IRelation<T>
{
    public static Vector512<T> Holds(Vector512<T> a, Vector512<T> b) => Vector512.GreaterThan(a, b);
}

/// <summary>Greater or equal; of floats also: both are numbers.</summary>
internal readonly struct GreaterOrEqual<T> : IRelation<T>
{
    public static Vector512<T> Holds(Vector512<T> a, Vector512<T> b) => Vector512.GreaterThanOrEqual(a, b);
}

/// <summary>Both are numbers (<c>.num</c>).</summary>
internal readonly struct Ordered : IRelation<float>
{
    public static Vector512<float> Holds(Vector512<float> a, Vector512<float> b) => Vector512.Equals(a, a) & Vector512.Equals(b, b);
}

/// <summary>The relation does not hold.</summary>
internal readonly struct Opposite<TRelation> : IRelation<float>
    where TRelation : struct, IRelation<float>
{
    public static Vector512<float> Holds(Vector512<float> a, Vector512<float> b) => ~TRelation.Holds(a, b);
}

/// <summary>The relation holds, and both are numbers.</summary>
internal readonly struct AndOrdered<TRelation> : IRelation<float>
    where TRelation : struct, IRelation<float>
{
    public static Vector512<float> Holds(Vector512<float> a, Vector512<float> b) => TRelation.Holds(a, b) & Ordered.Holds(a, b);
}

/// <summary>testp.finite: neither infinite nor NaN.</summary>
internal readonly struct Finite : IRelation<float>
{
    public static Vector512<float> Holds(Vector512<float> a, Vector512<float> b) => Vector512.LessThan(Vector512.Abs(a), Vector512.Create(float.PositiveInfinity));
}

/// <summary>testp.infinite.</summary>
internal readonly struct Infinite : IRelation<float>
{
    public static Vector512<float> Holds(Vector512<float> a, Vector512<float> b) => Vector512.Equals(Vector512.Abs(a), Vector512.Create(float.PositiveInfinity));
}
