using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace GpuCtr.Kernels.Simd;

/// <summary>The register tiles of <see cref="Gemm"/>: c (rows, 32) [+]= a (rows, k) · b (k, 32).</summary>
/// b is packed: 32 consecutive floats a step of k. Element (r, k) of a is at a[r·aRow + k·aCol].
/// Every element of c is one chain of fused multiply-adds over k, so its bits depend neither on the tile's height nor on its place.
internal static unsafe class GemmTile
{
    /// <summary>Columns of a packed panel.</summary>
    public const int Width = 32;

    /// <summary>24 accumulators, 2 columns of b, 1 broadcast of a: 27 of the 32 registers of AVX-512.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows12(float* a, nint aRow, nint aCol, float* b, int k, float* c, nint ldc, bool add)
    {
        Vector512<float> c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default;
        Vector512<float> c30 = default, c31 = default, c40 = default, c41 = default, c50 = default, c51 = default;
        Vector512<float> c60 = default, c61 = default, c70 = default, c71 = default, c80 = default, c81 = default;
        Vector512<float> c90 = default, c91 = default, ca0 = default, ca1 = default, cb0 = default, cb1 = default;
        float* a0 = a, a3 = a + 3 * aRow, a6 = a + 6 * aRow, a9 = a + 9 * aRow;
        nint r1 = aRow, r2 = 2 * aRow;
        for (; k > 0; k--)
        {
            Vector512<float> b0 = Vector512.Load(b), b1 = Vector512.Load(b + 16);
            b += Width;
            Vector512<float> x = Vector512.Create(*a0);
            c00 = Vector512.FusedMultiplyAdd(x, b0, c00); c01 = Vector512.FusedMultiplyAdd(x, b1, c01);
            x = Vector512.Create(a0[r1]);
            c10 = Vector512.FusedMultiplyAdd(x, b0, c10); c11 = Vector512.FusedMultiplyAdd(x, b1, c11);
            x = Vector512.Create(a0[r2]);
            c20 = Vector512.FusedMultiplyAdd(x, b0, c20); c21 = Vector512.FusedMultiplyAdd(x, b1, c21);
            x = Vector512.Create(*a3);
            c30 = Vector512.FusedMultiplyAdd(x, b0, c30); c31 = Vector512.FusedMultiplyAdd(x, b1, c31);
            x = Vector512.Create(a3[r1]);
            c40 = Vector512.FusedMultiplyAdd(x, b0, c40); c41 = Vector512.FusedMultiplyAdd(x, b1, c41);
            x = Vector512.Create(a3[r2]);
            c50 = Vector512.FusedMultiplyAdd(x, b0, c50); c51 = Vector512.FusedMultiplyAdd(x, b1, c51);
            x = Vector512.Create(*a6);
            c60 = Vector512.FusedMultiplyAdd(x, b0, c60); c61 = Vector512.FusedMultiplyAdd(x, b1, c61);
            x = Vector512.Create(a6[r1]);
            c70 = Vector512.FusedMultiplyAdd(x, b0, c70); c71 = Vector512.FusedMultiplyAdd(x, b1, c71);
            x = Vector512.Create(a6[r2]);
            c80 = Vector512.FusedMultiplyAdd(x, b0, c80); c81 = Vector512.FusedMultiplyAdd(x, b1, c81);
            x = Vector512.Create(*a9);
            c90 = Vector512.FusedMultiplyAdd(x, b0, c90); c91 = Vector512.FusedMultiplyAdd(x, b1, c91);
            x = Vector512.Create(a9[r1]);
            ca0 = Vector512.FusedMultiplyAdd(x, b0, ca0); ca1 = Vector512.FusedMultiplyAdd(x, b1, ca1);
            x = Vector512.Create(a9[r2]);
            cb0 = Vector512.FusedMultiplyAdd(x, b0, cb0); cb1 = Vector512.FusedMultiplyAdd(x, b1, cb1);
            a0 += aCol; a3 += aCol; a6 += aCol; a9 += aCol;
        }
        Store(c, c00, c01, add); Store(c += ldc, c10, c11, add); Store(c += ldc, c20, c21, add); Store(c += ldc, c30, c31, add);
        Store(c += ldc, c40, c41, add); Store(c += ldc, c50, c51, add); Store(c += ldc, c60, c61, add); Store(c += ldc, c70, c71, add);
        Store(c += ldc, c80, c81, add); Store(c += ldc, c90, c91, add); Store(c += ldc, ca0, ca1, add); Store(c + ldc, cb0, cb1, add);
    }

    /// <summary>Four rows: 8 accumulators, enough to hide the latency of a multiply-add.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows4(float* a, nint aRow, nint aCol, float* b, int k, float* c, nint ldc, bool add)
    {
        Vector512<float> c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default, c30 = default, c31 = default;
        float* a1 = a + aRow, a2 = a1 + aRow, a3 = a2 + aRow;
        for (; k > 0; k--)
        {
            Vector512<float> b0 = Vector512.Load(b), b1 = Vector512.Load(b + 16);
            b += Width;
            Vector512<float> x = Vector512.Create(*a);
            c00 = Vector512.FusedMultiplyAdd(x, b0, c00); c01 = Vector512.FusedMultiplyAdd(x, b1, c01);
            x = Vector512.Create(*a1);
            c10 = Vector512.FusedMultiplyAdd(x, b0, c10); c11 = Vector512.FusedMultiplyAdd(x, b1, c11);
            x = Vector512.Create(*a2);
            c20 = Vector512.FusedMultiplyAdd(x, b0, c20); c21 = Vector512.FusedMultiplyAdd(x, b1, c21);
            x = Vector512.Create(*a3);
            c30 = Vector512.FusedMultiplyAdd(x, b0, c30); c31 = Vector512.FusedMultiplyAdd(x, b1, c31);
            a += aCol; a1 += aCol; a2 += aCol; a3 += aCol;
        }
        Store(c, c00, c01, add); Store(c += ldc, c10, c11, add); Store(c += ldc, c20, c21, add); Store(c + ldc, c30, c31, add);
    }

    /// <summary>One row: the last rows of a matrix.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows1(float* a, nint aCol, float* b, int k, float* c, bool add)
    {
        Vector512<float> c0 = default, c1 = default;
        for (; k > 0; k--, a += aCol, b += Width)
        {
            Vector512<float> x = Vector512.Create(*a);
            c0 = Vector512.FusedMultiplyAdd(x, Vector512.Load(b), c0);
            c1 = Vector512.FusedMultiplyAdd(x, Vector512.Load(b + 16), c1);
        }
        Store(c, c0, c1, add);
    }

    /// <summary>Six rows by half a panel: 12 accumulators, 2 columns of b, 1 broadcast: 15 of the 16 registers of AVX2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows6Half(float* a, nint aRow, nint aCol, float* b, int k, float* c, nint ldc, bool add)
    {
        Vector256<float> c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default;
        Vector256<float> c30 = default, c31 = default, c40 = default, c41 = default, c50 = default, c51 = default;
        float* a3 = a + 3 * aRow;
        nint r1 = aRow, r2 = 2 * aRow;
        for (; k > 0; k--)
        {
            Vector256<float> b0 = Vector256.Load(b), b1 = Vector256.Load(b + 8);
            b += Width;
            Vector256<float> x = Vector256.Create(*a);
            c00 = Vector256.FusedMultiplyAdd(x, b0, c00); c01 = Vector256.FusedMultiplyAdd(x, b1, c01);
            x = Vector256.Create(a[r1]);
            c10 = Vector256.FusedMultiplyAdd(x, b0, c10); c11 = Vector256.FusedMultiplyAdd(x, b1, c11);
            x = Vector256.Create(a[r2]);
            c20 = Vector256.FusedMultiplyAdd(x, b0, c20); c21 = Vector256.FusedMultiplyAdd(x, b1, c21);
            x = Vector256.Create(*a3);
            c30 = Vector256.FusedMultiplyAdd(x, b0, c30); c31 = Vector256.FusedMultiplyAdd(x, b1, c31);
            x = Vector256.Create(a3[r1]);
            c40 = Vector256.FusedMultiplyAdd(x, b0, c40); c41 = Vector256.FusedMultiplyAdd(x, b1, c41);
            x = Vector256.Create(a3[r2]);
            c50 = Vector256.FusedMultiplyAdd(x, b0, c50); c51 = Vector256.FusedMultiplyAdd(x, b1, c51);
            a += aCol; a3 += aCol;
        }
        Store(c, c00, c01, add); Store(c += ldc, c10, c11, add); Store(c += ldc, c20, c21, add);
        Store(c += ldc, c30, c31, add); Store(c += ldc, c40, c41, add); Store(c + ldc, c50, c51, add);
    }

    /// <summary>Any number of rows, by the tallest tiles that fit.</summary>
    /// <param name="rows">Rows of a and c.</param>
    /// <param name="a">(rows, k).</param>
    /// <param name="aRow">Distance of two rows of a.</param>
    /// <param name="aCol">Distance of two steps of k in a.</param>
    /// <param name="b">(k, 32) packed.</param>
    /// <param name="k">Depth.</param>
    /// <param name="c">(rows, 32).</param>
    /// <param name="ldc">Distance of two rows of c.</param>
    /// <param name="add">Add to c.</param>
    /// <param name="wide">512-bit tiles; false: 256-bit tiles.</param>
    public static void Rows(int rows, float* a, nint aRow, nint aCol, float* b, int k, float* c, nint ldc, bool add, bool wide)
    {
        for (int r = 0, step; r < rows; r += step, a += step * aRow, c += step * ldc)
        {
            int left = rows - r;
            if (wide && left >= 12)
                Rows12(a, aRow, aCol, b, k, c, ldc, add);
            else if (wide && left >= 4)
                Rows4(a, aRow, aCol, b, k, c, ldc, add);
            else if (!wide && left >= 6)
            {
                Rows6Half(a, aRow, aCol, b, k, c, ldc, add);
                Rows6Half(a, aRow, aCol, b + 16, k, c + 16, ldc, add);
            }
            else
                Rows1(a, aCol, b, k, c, add);
            step = wide ? left >= 12 ? 12 : left >= 4 ? 4 : 1 : left >= 6 ? 6 : 1;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* c, Vector512<float> x, Vector512<float> y, bool add)
    {
        if (add)
        {
            x += Vector512.Load(c);
            y += Vector512.Load(c + 16);
        }
        x.Store(c);
        y.Store(c + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* c, Vector256<float> x, Vector256<float> y, bool add)
    {
        if (add)
        {
            x += Vector256.Load(c);
            y += Vector256.Load(c + 8);
        }
        x.Store(c);
        y.Store(c + 8);
    }
}
