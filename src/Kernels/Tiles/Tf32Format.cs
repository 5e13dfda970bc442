using GpuCtr.Kernels.Numerics;
using ILGPU;
using ILGPU.Runtime.Cuda;

namespace GpuCtr.Kernels.Tiles;

/// <summary>One float32 with 10 fraction bits per word: <c>mma.m16n8k8</c> on tf32.</summary>
internal readonly struct Tf32Format : ITensorFormat
{
    /// <inheritdoc/>
    public static int Slices => 2;

    /// <inheritdoc/>
    public static float Word(int slice, float x, float behind) => Round(slice == 0 ? x : behind);

    /// <summary>Rounds to 10 fraction bits, ties away from zero (<c>cvt.rna.tf32</c>).</summary>
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

    /// <inheritdoc/>
    public static Float4 Multiply(Float4 c, Float4 a, float b, float behind)
    {
        Ref<float> x = c.X, y = c.Y, z = c.Z, w = c.W;
        Input<uint> a0 = Interop.FloatAsInt(a.X), a1 = Interop.FloatAsInt(a.Y), a2 = Interop.FloatAsInt(a.Z), a3 = Interop.FloatAsInt(a.W);
        Input<uint> b0 = Interop.FloatAsInt(b), b1 = Interop.FloatAsInt(behind);
        CudaAsm.EmitRef(
            "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};",
            ref x, ref y, ref z, ref w, ref a0, ref a1, ref a2, ref a3, ref b0, ref b1);
        return new(x.Value, y.Value, z.Value, w.Value);
    }

    /// <inheritdoc/>
    public static float Product(float a, float b) => a * b;
}
