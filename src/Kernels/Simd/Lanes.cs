using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Simd;

/// <summary>Loads and stores of up to 16 floats, so that one loop serves full registers and the ragged end of a row.</summary>
internal static unsafe class Lanes
{
    /// <summary>Floats in a register.</summary>
    public const int Count = 16;

    /// <summary>The first <paramref name="count"/> floats at <paramref name="from"/>, followed by zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(float* from, int count) =>
        count >= Count ? Vector512.Load(from) : count == 1 ? Vector512.CreateScalar(*from) : LoadSome(from, count);

    /// <summary>Stores the first <paramref name="count"/> floats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> x, float* to, int count)
    {
        if (count >= Count)
            x.Store(to);
        else if (count == 1)
            *to = x.ToScalar();
        else
            StoreSome(x, to, count);
    }

    /// <summary>The first <paramref name="count"/> of 16 values, the others are zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> First(Vector512<float> x, int count) => count >= Count ? x : Vector512.ConditionalSelect(Mask(count), x, Vector512<float>.Zero);

    /// <summary>Writes or adds <paramref name="count"/> values of the gradient from element <paramref name="i"/> on; does nothing for an unused gradient.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write(this Tensor.GradientSink sink, long i, Vector512<float> values, int count)
    {
        if (sink.Target is not { } target)
            return;
        float* to = target.Pointer + i;
        Store(sink.Accumulates ? Load(to, count) + values : values, to, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    // A constant instead of a static field: the initialization check of a field is a call, and registers are spilled before a call.
    private static Vector512<float> Mask(int count) => Vector512.LessThan(Vector512<uint>.Indices, Vector512.Create((uint)count)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> LoadSome(float* from, int count) =>
        Avx512F.IsSupported ? Avx512F.MaskLoad(from, Mask(count), Vector512<float>.Zero) : LoadEach(from, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreSome(Vector512<float> x, float* to, int count)
    {
        if (Avx512F.IsSupported)
            Avx512F.MaskStore(to, Mask(count), x);
        else
            StoreEach(x, to, count);
    }

    private static Vector512<float> LoadEach(float* from, int count)
    {
        float* lanes = stackalloc float[Count];
        new Span<float>(lanes, Count).Clear();
        for (int i = 0; i < count; i++)
            lanes[i] = from[i];
        return Vector512.Load(lanes);
    }

    private static void StoreEach(Vector512<float> x, float* to, int count)
    {
        float* lanes = stackalloc float[Count];
        x.Store(lanes);
        for (int i = 0; i < count; i++)
            to[i] = lanes[i];
    }
}
