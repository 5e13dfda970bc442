using System.Runtime.Intrinsics;
using GpuCtr.SoftCuda.Ptx;

namespace GpuCtr.SoftCuda.Execution.Control;

/// <summary>What differs between the formats of <c>mma.sync</c>: how many elements a register has, and their values.</summary>
internal interface ITensorElements
{
    /// <summary>Elements of a register.</summary>
    static abstract int PerRegister { get; }

    /// <summary>The value of an element of a register.</summary>
    static abstract float Value(uint register, int element);
}

/// <summary>One float32 whose last 13 bits tensor cores do not see.</summary>
internal readonly struct Tf32Elements : ITensorElements
{
    public static int PerRegister => 1;

    public static float Value(uint register, int element) => BitConverter.UInt32BitsToSingle(register & ~0x1fffu);
}

/// <summary>Two bfloat16, the first in the lower half.</summary>
internal readonly struct Bf16Elements : ITensorElements
{
    public static int PerRegister => 2;

    public static float Value(uint register, int element) => BitConverter.UInt32BitsToSingle(element == 0 ? register << 16 : register & 0xffff0000);
}

/// <summary>mma.sync: D (16, 8) = A (16, K) · B (K, 8) + C (16, 8), with fragments spread over the lanes of a warp (PTX ISA, "Matrix Fragments for mma.m16n8k8" and ".m16n8k16").</summary>
/// <remarks>The order of the sums is open in the ISA; here they are exact to float64 and rounded once. Lane = 4 · group + place. K is 8 · elements of a register.</remarks>
/// <param name="d">Places of D: row group (first two) and group + 8, columns 2 · place and 2 · place + 1.</param>
/// <param name="a">Places of A: rows group and group + 8 in turn; depths from elements · place, and half of K behind.</param>
/// <param name="b">Places of B: column group; depths as of A.</param>
/// <param name="c">Places of C, as of D.</param>
/// <param name="at">For findings.</param>
internal sealed unsafe class TensorProduct<TElements>(int[] d, int[] a, int[] b, int[] c, PtxInstruction at) : Operation
    where TElements : struct, ITensorElements
{
    private const int Rows = 16, Columns = 8;

    private static int Depth => 8 * TElements.PerRegister;

    public override void Execute(Warp warp)
    {
        if (warp.Mask.Bits != Lanes.All)
        {
            if (warp.WaitForOthers())
                return;
            warp.Block.Launch.Report(Check.Uniformity, at, warp, Lanes.First(~warp.Mask.Bits), $"a product of the whole warp is reached by lanes {warp.Mask.Bits:x8} only");
            throw new KernelFault(CudaResult.LaunchFailed);
        }
        float* left = stackalloc float[Rows * 16];
        double* right = stackalloc double[16 * Columns];
        byte* r = warp.Registers;
        for (int lane = 0; lane < Lanes.Count; lane++)
        {
            int group = lane / 4, place = lane % 4;
            for (int i = 0; i < 4; i++)
                for (int e = 0; e < TElements.PerRegister; e++)
                    left[(group + i % 2 * 8) * Depth + DepthOf(i / 2, place, e)] = TElements.Value(((uint*)(r + a[i]))[lane], e);
            for (int i = 0; i < 2; i++)
                for (int e = 0; e < TElements.PerRegister; e++)
                    right[DepthOf(i, place, e) * Columns + group] = TElements.Value(((uint*)(r + b[i]))[lane], e);
        }
        double* row = stackalloc double[Columns];
        for (int m = 0; m < Rows; m++)
        {
            int first = m % 8 * 4, half = m / 8 * 2;
            for (int n = 0; n < Columns; n++)
                row[n] = ((float*)(r + c[half + n % 2]))[first + n / 2];
            Vector512<double> sums = Vector512.Load(row);
            for (int k = 0; k < Depth; k++)
                sums = Vector512.FusedMultiplyAdd(Vector512.Create((double)left[m * Depth + k]), Vector512.Load(right + k * Columns), sums);
            sums.Store(row);
            for (int n = 0; n < Columns; n++)
                ((float*)(r + d[half + n % 2]))[first + n / 2] = Arithmetic.Floats.Canonical((float)row[n]);
        }
    }

    private static int DepthOf(int half, int place, int element) => half * Depth / 2 + place * TElements.PerRegister + element;
}
