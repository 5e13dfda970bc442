using System.Numerics;
using System.Runtime.Intrinsics;

namespace GpuCtr.SoftCuda.Execution.Arithmetic;

/// <summary>add, modulo 2^n.</summary>
internal readonly struct Add<T> : IBinary<T>
{
    public static Vector512<T> Apply(Vector512<T> a, Vector512<T> b) => a + b;
}

/// <summary>sub, modulo 2^n.</summary>
internal readonly struct Subtract<T> : IBinary<T>
{
    public static Vector512<T> Apply(Vector512<T> a, Vector512<T> b) => a - b;
}

/// <summary>mul.lo: the lower half of the product.</summary>
internal readonly struct MultiplyLow<T> : IBinary<T>
{
    public static Vector512<T> Apply(Vector512<T> a, Vector512<T> b) => a * b;
}

/// <summary>mad.lo.</summary>
internal readonly struct MultiplyAddLow<T> : ITernary<T>
{
    public static Vector512<T> Apply(Vector512<T> a, Vector512<T> b, Vector512<T> c) => a * b + c;
}

/// <summary>mul.hi: the upper half of the product.</summary>
internal readonly struct MultiplyHigh<T> : IMap<T, T, T>
    where T : IBinaryInteger<T>
{
    public static T Apply(T a, T b) => T.CreateTruncating(Int128.CreateTruncating(a) * Int128.CreateTruncating(b) >> 8 * a.GetByteCount());
}

/// <summary>div, toward zero. The ISA leaves division by zero open; all ones is what GPUs give. MIN / -1 wraps.</summary>
internal readonly struct Divide<T> : IMap<T, T, T>
    where T : IBinaryInteger<T>
{
    public static T Apply(T a, T b) => b == T.Zero ? ~T.Zero : b == ~T.Zero && T.IsNegative(b) ? T.Zero - a : a / b;
}

/// <summary>rem, with the sign of the dividend; by zero the dividend.</summary>
internal readonly struct Remainder<T> : IMap<T, T, T>
    where T : IBinaryInteger<T>
{
    public static T Apply(T a, T b) => b == T.Zero ? a : b == ~T.Zero && T.IsNegative(b) ? T.Zero : a % b;
}

/// <summary>min.</summary>
internal readonly struct Minimum<T> : IBinary<T>
{
    public static Vector512<T> Apply(Vector512<T> a, Vector512<T> b) => Vector512.Min(a, b);
}

/// <summary>max.</summary>
internal readonly struct Maximum<T> : IBinary<T>
{
    public static Vector512<T> Apply(Vector512<T> a, Vector512<T> b) => Vector512.Max(a, b);
}

/// <summary>neg, modulo 2^n.</summary>
internal readonly struct Negate<T> : IUnary<T>
{
    public static Vector512<T> Apply(Vector512<T> a) => Vector512<T>.Zero - a;
}

/// <summary>abs; MIN stays.</summary>
internal readonly struct Absolute<T> : IUnary<T>
{
    public static Vector512<T> Apply(Vector512<T> a) => Vector512.Max(a, Vector512<T>.Zero - a);
}

/// <summary>and.</summary>
internal readonly struct And<T> : IBinary<T>
{
    public static Vector512<T> Apply(Vector512<T> a, Vector512<T> b) => a & b;
}

/// <summary>or.</summary>
internal readonly struct Or<T> : IBinary<T>
{
    public static Vector512<T> Apply(Vector512<T> a, Vector512<T> b) => a | b;
}

/// <summary>xor.</summary>
internal readonly struct Xor<T> : IBinary<T>
{
    public static Vector512<T> Apply(Vector512<T> a, Vector512<T> b) => a ^ b;
}

/// <summary>not.</summary>
internal readonly struct Not<T> : IUnary<T>
{
    public static Vector512<T> Apply(Vector512<T> a) => ~a;
}

/// <summary>mov.</summary>
internal readonly struct Copy<T> : IUnary<T>
{
    public static Vector512<T> Apply(Vector512<T> a) => a;
}

/// <summary>shl; a shift by n or more gives zero.</summary>
internal readonly struct ShiftLeft<T> : IMap<T, uint, T>
    where T : IBinaryInteger<T>
{
    public static T Apply(T a, uint b) => b >= 8 * a.GetByteCount() ? T.Zero : a << (int)b;
}

/// <summary>shr; a shift by n or more gives zero, or the sign of signed types.</summary>
internal readonly struct ShiftRight<T> : IMap<T, uint, T>
    where T : IBinaryInteger<T>
{
    public static T Apply(T a, uint b) => b < 8 * a.GetByteCount() ? a >> (int)b : T.IsNegative(a) ? ~T.Zero : T.Zero;
}
