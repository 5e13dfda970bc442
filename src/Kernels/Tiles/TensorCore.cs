using GpuCtr.Kernels.Numerics;
using ILGPU;
using ILGPU.Runtime.Cuda;

namespace GpuCtr.Kernels.Tiles;

/// <summary>The product of 16 × 8 by 8 × 8 that a warp computes in one instruction: <c>mma.sync.aligned.m16n8k8</c> on tf32 (PTX ISA, "Matrix fragments for mma.m16n8k8").</summary>
/// Lane l = 4 g + t holds, of A, (g, t), (g + 8, t), (g, t + 4), (g + 8, t + 4); of B, (t, g), (t + 4, g); of C, (g, 2t), (g, 2t + 1),
/// (g + 8, 2t), (g + 8, 2t + 1). Where there are no tensor cores, lanes exchange their fragments through shared memory and multiply them
/// one by one, so that whatever hands out the fragments is tested there.
internal static class TensorCore
{
    /// <summary>What a lane publishes: its fragments of four strips of A and of eight columns of B.</summary>
    public const int LaneFloats = 32;

    private const int OfB = 16, OfBBehind = 24;

    /// <summary>Eight fragments of C side by side, those of 16 × 64 elements.</summary>
    public readonly record struct Strip(Float4 C0, Float4 C1, Float4 C2, Float4 C3, Float4 C4, Float4 C5, Float4 C6, Float4 C7);

    /// <summary>Eight fragments of B side by side, those of 8 × 64 elements: (t, g) of the first and last four, and (t + 4, g) of them.</summary>
    public readonly record struct Columns(Float4 First, Float4 Last, Float4 FirstBehind, Float4 LastBehind);

    /// <summary>Each of four numbers rounded to tf32.</summary>
    public static Float4 Round(Float4 x) => new(Round(x.X), Round(x.Y), Round(x.Z), Round(x.W));

    /// <summary>The nearest number with 10 bits behind the point, of two the one further from zero (<c>cvt.rna.tf32</c>).</summary>
    public static float Round(float x)
    {
        if (CudaAsm.IsSupported)
        {
            CudaAsm.Emit("cvt.rna.tf32.f32 %0, %1;", out uint rounded, x);
            return Interop.IntAsFloat(rounded);
        }
        // NaN would otherwise be rounded to zero.
        return float.IsNaN(x) ? x : Interop.IntAsFloat(Interop.FloatAsInt(x) + 0x1000u & ~0x1fffu);
    }

    /// <summary>Shows fragments to the other lanes, in an exchange of 32 floats a thread; all threads of the group call it. On CUDA there is no need.</summary>
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
    public static Strip Add(Strip c, Float4 a, Columns b, ArrayView<float> exchange, int strip) => new(
        Add(c.C0, a, b.First.X, b.FirstBehind.X, exchange, strip, 0), Add(c.C1, a, b.First.Y, b.FirstBehind.Y, exchange, strip, 1),
        Add(c.C2, a, b.First.Z, b.FirstBehind.Z, exchange, strip, 2), Add(c.C3, a, b.First.W, b.FirstBehind.W, exchange, strip, 3),
        Add(c.C4, a, b.Last.X, b.LastBehind.X, exchange, strip, 4), Add(c.C5, a, b.Last.Y, b.LastBehind.Y, exchange, strip, 5),
        Add(c.C6, a, b.Last.Z, b.LastBehind.Z, exchange, strip, 6), Add(c.C7, a, b.Last.W, b.LastBehind.W, exchange, strip, 7));

    /// <summary>Waits until all lanes have read what was published; all threads of the group call it.</summary>
    public static void Withdraw()
    {
        if (!CudaAsm.IsSupported)
            Group.Barrier();
    }

    private static Float4 Add(Float4 c, Float4 a, float b, float behind, ArrayView<float> exchange, int strip, int column)
    {
        if (!CudaAsm.IsSupported)
            return AddPublished(c, exchange, strip, column);
        Ref<float> x = c.X, y = c.Y, z = c.Z, w = c.W;
        Input<uint> a0 = Interop.FloatAsInt(a.X), a1 = Interop.FloatAsInt(a.Y), a2 = Interop.FloatAsInt(a.Z), a3 = Interop.FloatAsInt(a.W);
        Input<uint> b0 = Interop.FloatAsInt(b), b1 = Interop.FloatAsInt(behind);
        CudaAsm.EmitRef(
            "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};",
            ref x, ref y, ref z, ref w, ref a0, ref a1, ref a2, ref a3, ref b0, ref b1);
        return new(x.Value, y.Value, z.Value, w.Value);
    }

    private static Float4 AddPublished(Float4 c, ArrayView<float> exchange, int strip, int column)
    {
        int warp = Group.IdxX / 32 * 32, g = Group.IdxX % 32 / 4, t = Group.IdxX % 4;
        float x = c.X, y = c.Y, z = c.Z, w = c.W;
        for (int l = 0; l < 4; l++)
        {
            int a = (warp + 4 * g + l) * LaneFloats + 4 * strip, left = (warp + 8 * t + l) * LaneFloats + column, right = left + 4 * LaneFloats;
            float upper = exchange[a], lower = exchange[a + 1], upperBehind = exchange[a + 2], lowerBehind = exchange[a + 3];
            x += upper * exchange[left + OfB] + upperBehind * exchange[left + OfBBehind];
            y += upper * exchange[right + OfB] + upperBehind * exchange[right + OfBBehind];
            z += lower * exchange[left + OfB] + lowerBehind * exchange[left + OfBBehind];
            w += lower * exchange[right + OfB] + lowerBehind * exchange[right + OfBBehind];
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
