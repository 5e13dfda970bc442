using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace GpuCtr.Kernels.Simd;

/// <summary>The tiles of processors with 256-bit registers: six rows by half a panel, 12 accumulators, 2 columns of b and 1 broadcast of a.</summary>
internal static unsafe partial class GemmTile
{
    private const int HalfPanel = 16;

    private static void Rows256(int rows, float* a, nint aRow, nint aCol, float* b, int k, float* c, nint ldc, int columns, float* start, nint startRow)
    {
        for (int r = 0; r < rows; r += 6, a += 6 * aRow, c += 6 * ldc)
            for (int half = 0; half < columns; half += HalfPanel)
                Tile256(Math.Min(6, rows - r), a, aRow, aCol, b + half, k, c + half, ldc, Math.Min(HalfPanel, columns - half), start == null ? null : start + r * startRow + half, startRow);
    }

    /// <summary>A whole tile is stored directly to c; a tile across the edge goes through the stack.</summary>
    [SkipLocalsInit]
    private static void Tile256(int rows, float* a, nint aRow, nint aCol, float* b, int k, float* c, nint ldc, int columns, float* start, nint startRow)
    {
        if (rows == 6 && columns == HalfPanel)
        {
            Whole256(a, aRow, aCol, b, k, c, ldc, start, startRow);
            return;
        }
        float* tile = stackalloc float[6 * HalfPanel];
        for (int r = 0; r < rows; r++, c += ldc)
        {
            Row1(a + r * aRow, aCol, b, k, tile);
            for (int j = 0; j < columns; j++)
                c[j] = tile[j] + (start == null ? 0 : start[r * startRow + j]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Whole256(float* a, nint aRow, nint aCol, float* b, int k, float* c, nint ldc, float* start, nint startRow)
    {
        Vector256<float> c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default;
        Vector256<float> c30 = default, c31 = default, c40 = default, c41 = default, c50 = default, c51 = default;
        float* a3 = a + 3 * aRow;
        nint r1 = aRow, r2 = 2 * aRow;
        for (; k > 0; k--)
        {
            Vector256<float> b0 = Vector256.Load(b), b1 = Vector256.Load(b + 8);
            b += Width;
            MultiplyAdd(*a, b0, b1, ref c00, ref c01);
            MultiplyAdd(a[r1], b0, b1, ref c10, ref c11);
            MultiplyAdd(a[r2], b0, b1, ref c20, ref c21);
            MultiplyAdd(*a3, b0, b1, ref c30, ref c31);
            MultiplyAdd(a3[r1], b0, b1, ref c40, ref c41);
            MultiplyAdd(a3[r2], b0, b1, ref c50, ref c51);
            a += aCol; a3 += aCol;
        }
        if (start == null)
            startRow = 0;
        Store(c, c00, c01, start); Store(c += ldc, c10, c11, start += startRow); Store(c += ldc, c20, c21, start += startRow);
        Store(c += ldc, c30, c31, start += startRow); Store(c += ldc, c40, c41, start += startRow); Store(c + ldc, c50, c51, start + startRow);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Row1(float* a, nint aCol, float* b, int k, float* c)
    {
        Vector256<float> c0 = default, c1 = default;
        for (; k > 0; k--, a += aCol, b += Width)
            MultiplyAdd(*a, Vector256.Load(b), Vector256.Load(b + 8), ref c0, ref c1);
        Store(c, c0, c1, start: null);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MultiplyAdd(float a, Vector256<float> b0, Vector256<float> b1, ref Vector256<float> c0, ref Vector256<float> c1)
    {
        Vector256<float> x = Vector256.Create(a);
        c0 = Vector256.FusedMultiplyAdd(x, b0, c0);
        c1 = Vector256.FusedMultiplyAdd(x, b1, c1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* c, Vector256<float> x, Vector256<float> y, float* start)
    {
        if (start != null)
        {
            x += Vector256.Load(start);
            y += Vector256.Load(start + 8);
        }
        x.Store(c);
        y.Store(c + 8);
    }
}
