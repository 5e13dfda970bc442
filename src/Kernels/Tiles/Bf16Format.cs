using GpuCtr.Kernels.Numerics;
using ILGPU;
using ILGPU.Runtime.Cuda;

namespace GpuCtr.Kernels.Tiles;

/// <summary>Two bfloat16 per word, depth k in the lower half and k + 8 in the upper half: <c>mma.m16n8k16</c> on bf16.</summary>
internal readonly struct Bf16Format : ITensorFormat
{
    /// <inheritdoc/>
    public static int Slices => 1;

    /// <inheritdoc/>
    public static float Word(int slice, float x, float behind)
    {
        if (CudaAsm.IsSupported)
        {
            CudaAsm.Emit("cvt.rn.bf16x2.f32 %0, %1, %2;", out uint packed, behind, x);
            return Interop.IntAsFloat(packed);
        }
        return Interop.IntAsFloat(Bits(behind) << 16 | Bits(x));
    }

    /// <inheritdoc/>
    public static Float4 Multiply(Float4 c, Float4 a, float b, float behind)
    {
        Ref<float> x = c.X, y = c.Y, z = c.Z, w = c.W;
        Input<uint> a0 = Interop.FloatAsInt(a.X), a1 = Interop.FloatAsInt(a.Y), a2 = Interop.FloatAsInt(a.Z), a3 = Interop.FloatAsInt(a.W);
        Input<uint> b0 = Interop.FloatAsInt(b), b1 = Interop.FloatAsInt(behind);
        CudaAsm.EmitRef(
            "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};",
            ref x, ref y, ref z, ref w, ref a0, ref a1, ref a2, ref a3, ref b0, ref b1);
        return new(x.Value, y.Value, z.Value, w.Value);
    }

    /// <inheritdoc/>
    public static float Product(float a, float b) => Lower(a) * Lower(b) + Upper(a) * Upper(b);

    /// <summary>The element in the lower half of a word.</summary>
    public static float Lower(float word) => Interop.IntAsFloat(Interop.FloatAsInt(word) << 16);

    /// <summary>The element in the upper half of a word.</summary>
    public static float Upper(float word) => Interop.IntAsFloat(Interop.FloatAsInt(word) & 0xffff0000u);

    /// <summary>Rounds to 7 fraction bits, ties to even. NaN, which a carry would turn into zero or infinity, becomes the NaN of the instruction.</summary>
    private static uint Bits(float x)
    {
        uint bits = Interop.FloatAsInt(x);
        return float.IsNaN(x) ? 0x7fffu : bits + 0x7fffu + (bits >> 16 & 1u) >> 16;
    }
}
