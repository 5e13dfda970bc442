using GpuCtr.Kernels.Numerics;
using ILGPU;
using ILGPU.Runtime.Cuda;

namespace GpuCtr.Kernels.Tiles;

/// <summary>The product that a warp computes in one instruction, 16 × 8 words by 8 words × 8: <c>mma.sync.aligned</c> (PTX ISA, "Matrix fragments for mma.m16n8k8" and "mma.m16n8k16").</summary>
/// <remarks>
/// A word has 32 bits and holds one or two elements along K, depending on its <see cref="ITensorFormat"/>; in words, all formats have the same layout.
/// Lane l = 4 g + t holds, of A, (g, t), (g + 8, t), (g, t + 4), (g + 8, t + 4); of B, (t, g), (t + 4, g); of C, (g, 2t), (g, 2t + 1),
/// (g + 8, 2t), (g + 8, 2t + 1). Without tensor cores, lanes exchange their fragments through shared memory and multiply them
/// one by one, so that the distribution of fragments is tested there.
/// </remarks>
internal static class TensorCore
{
    /// <summary>The fragments that a lane publishes: of four strips of A and of eight columns of B.</summary>
    public const int LaneFloats = 32;

    private const int OfB = 16, OfBBehind = 24;

    /// <summary>Eight neighbouring fragments of C: 16 × 64 elements.</summary>
    public readonly record struct Strip(Float4 C0, Float4 C1, Float4 C2, Float4 C3, Float4 C4, Float4 C5, Float4 C6, Float4 C7);

    /// <summary>Eight neighbouring fragments of B, 8 words × 64 columns: (t, g) of the first and last four, and (t + 4, g) of both.</summary>
    public readonly record struct Columns(Float4 First, Float4 Last, Float4 FirstBehind, Float4 LastBehind);

    /// <summary>Publishes fragments to the other lanes, 32 floats per thread; all threads of the group call it. Not needed on CUDA.</summary>
    public static void Publish(ArrayView<float> exchange, Float4 a0, Float4 a1, Float4 a2, Float4 a3, Columns b)
    {
        if (CudaAsm.IsSupported)
            return;
        int at = Group.IdxX * LaneFloats;
        Write(exchange, at, a0);
        Write(exchange, at + 4, a1);
        Write(exchange, at + 8, a2);
        Write(exchange, at + 12, a3);
        Write(exchange, at + OfB, b.First);
        Write(exchange, at + OfB + 4, b.Last);
        Write(exchange, at + OfBBehind, b.FirstBehind);
        Write(exchange, at + OfBBehind + 4, b.LastBehind);
        Group.Barrier();
    }

    /// <summary>c + a · b; <paramref name="strip"/> is the number under which a was published.</summary>
    public static Strip Add<TFormat>(Strip c, Float4 a, Columns b, ArrayView<float> exchange, int strip) where TFormat : struct, ITensorFormat => new(
        Add<TFormat>(c.C0, a, b.First.X, b.FirstBehind.X, exchange, strip, 0), Add<TFormat>(c.C1, a, b.First.Y, b.FirstBehind.Y, exchange, strip, 1),
        Add<TFormat>(c.C2, a, b.First.Z, b.FirstBehind.Z, exchange, strip, 2), Add<TFormat>(c.C3, a, b.First.W, b.FirstBehind.W, exchange, strip, 3),
        Add<TFormat>(c.C4, a, b.Last.X, b.LastBehind.X, exchange, strip, 4), Add<TFormat>(c.C5, a, b.Last.Y, b.LastBehind.Y, exchange, strip, 5),
        Add<TFormat>(c.C6, a, b.Last.Z, b.LastBehind.Z, exchange, strip, 6), Add<TFormat>(c.C7, a, b.Last.W, b.LastBehind.W, exchange, strip, 7));

    /// <summary>Waits until all lanes have read the published fragments; all threads of the group call it.</summary>
    public static void Withdraw()
    {
        if (!CudaAsm.IsSupported)
            Group.Barrier();
    }

    private static Float4 Add<TFormat>(Float4 c, Float4 a, float b, float behind, ArrayView<float> exchange, int strip, int column) where TFormat : struct, ITensorFormat =>
        CudaAsm.IsSupported ? TFormat.Multiply(c, a, b, behind) : AddPublished<TFormat>(c, exchange, strip, column);

    private static Float4 AddPublished<TFormat>(Float4 c, ArrayView<float> exchange, int strip, int column) where TFormat : struct, ITensorFormat
    {
        int warp = Group.IdxX / 32 * 32, g = Group.IdxX % 32 / 4, t = Group.IdxX % 4;
        float x = c.X, y = c.Y, z = c.Z, w = c.W;
        for (int l = 0; l < 4; l++)
        {
            int a = (warp + 4 * g + l) * LaneFloats + 4 * strip, left = (warp + 8 * t + l) * LaneFloats + column, right = left + 4 * LaneFloats;
            float upper = exchange[a], lower = exchange[a + 1], upperBehind = exchange[a + 2], lowerBehind = exchange[a + 3];
            x += TFormat.Product(upper, exchange[left + OfB]) + TFormat.Product(upperBehind, exchange[left + OfBBehind]);
            y += TFormat.Product(upper, exchange[right + OfB]) + TFormat.Product(upperBehind, exchange[right + OfBBehind]);
            z += TFormat.Product(lower, exchange[left + OfB]) + TFormat.Product(lowerBehind, exchange[left + OfBBehind]);
            w += TFormat.Product(lower, exchange[right + OfB]) + TFormat.Product(lowerBehind, exchange[right + OfBBehind]);
        }
        return new(x, y, z, w);
    }

    private static void Write(ArrayView<float> exchange, int at, Float4 x)
    {
        exchange[at] = x.X;
        exchange[at + 1] = x.Y;
        exchange[at + 2] = x.Z;
        exchange[at + 3] = x.W;
    }
}
