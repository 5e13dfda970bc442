using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace GpuCtr.Kernels.Simd;

/// <summary>The register tiles of <see cref="Gemm"/>: c (rows, columns) = start + a (rows, k) · b (k, 32), of which the first 1 … 32 columns count.</summary>
/// b is packed: 32 consecutive floats a step of k, on a cache line. Element (r, k) of a is at a[r·aRow + k·aCol].
/// Every element of c is one chain of fused multiply-adds over k, so its bits depend neither on the tile's height nor on its place.
internal static unsafe partial class GemmTile
{
    /// <summary>Columns of a packed panel.</summary>
    public const int Width = 32;

    /// <summary>Any number of rows, by the tallest tiles that fit.</summary>
    /// <param name="rows">Rows of a and c.</param>
    /// <param name="a">(rows, k).</param>
    /// <param name="aRow">Distance of two rows of a.</param>
    /// <param name="aCol">Distance of two steps of k in a.</param>
    /// <param name="b">(k, 32) packed.</param>
    /// <param name="k">Depth.</param>
    /// <param name="c">(rows, columns).</param>
    /// <param name="ldc">Distance of two rows of c.</param>
    /// <param name="columns">Columns of c.</param>
    /// <param name="start">What the product is added to: c itself, one row for all (distance 0), or null for zeros.</param>
    /// <param name="startRow">Distance of two rows of start.</param>
    /// <param name="wide">512-bit tiles; false: 256-bit tiles.</param>
    /// <param name="ahead">What to bring near meanwhile, a step for each tile (<see cref="Tiles"/>), or null.</param>
    public static void Rows(int rows, float* a, nint aRow, nint aCol, float* b, int k, float* c, nint ldc, int columns, float* start, nint startRow, bool wide, LinesAhead* ahead = null)
    {
        if (!wide)
            Rows256(rows, a, aRow, aCol, b, k, c, ldc, columns, start, startRow);
        else if (columns > Lanes.Count)
            Rows512<TwoRegisters>(rows, a, aRow, aCol, b, k, c, ldc, columns, start, startRow, ahead);
        else if (columns > Lanes.Count / 2)
            Rows512<OneRegister>(rows, a, aRow, aCol, b, k, c, ldc, columns, start, startRow, ahead);
        else
            Rows512<HalfRegister>(rows, a, aRow, aCol, b, k, c, ldc, columns, start, startRow, ahead);
    }

    /// <summary>How many floats wide a tile is: 32, 16 or 8; a constant to the compiler, which drops what is not there.</summary>
    private interface ITileWidth
    {
        static abstract int Floats { get; }
    }

    private readonly struct TwoRegisters : ITileWidth
    {
        public static int Floats => 2 * Lanes.Count;
    }

    private readonly struct OneRegister : ITileWidth
    {
        public static int Floats => Lanes.Count;
    }

    /// Processors that split 512-bit operations in two take half the time for these.
    private readonly struct HalfRegister : ITileWidth
    {
        public static int Floats => Lanes.Count / 2;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows512<T>(int rows, float* a, nint aRow, nint aCol, float* b, int k, float* c, nint ldc, int columns, float* start, nint startRow, LinesAhead* ahead) where T : struct, ITileWidth
    {
        // Null moves by nothing.
        if (start == null)
            startRow = 0;
        for (int height; rows > 0; rows -= height, a += height * aRow, c += height * ldc, start += height * startRow)
        {
            if (ahead != null)
                ahead->Step();
            height = Height(rows);
            if (height == 12)
                Rows12<T>(a, aRow, aCol, b, k, c, ldc, columns, start, startRow);
            else if (height == 4)
                Rows4<T>(a, aRow, aCol, b, k, c, ldc, columns, start, startRow);
            else if (height == 2)
                Rows2<T>(a, aRow, aCol, b, k, c, ldc, columns, start, startRow);
            else
                Rows1<T>(a, aCol, b, k, c, columns, start);
        }
    }

    /// <summary>Tiles that <see cref="Rows"/> takes for some rows of one panel.</summary>
    public static int Tiles(int rows) => rows / 12 + rows % 12 / 4 + rows % 4 / 2 + rows % 2;

    private static int Height(int rows) => rows >= 12 ? 12 : rows >= 4 ? 4 : rows >= 2 ? 2 : 1;

    /// <summary>24 accumulators, 2 columns of b, 1 broadcast of a: 27 of the 32 registers of AVX-512.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows12<T>(float* a, nint aRow, nint aCol, float* b, int k, float* c, nint ldc, int columns, float* start, nint startRow) where T : struct, ITileWidth
    {
        Vector512<float> c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default;
        Vector512<float> c30 = default, c31 = default, c40 = default, c41 = default, c50 = default, c51 = default;
        Vector512<float> c60 = default, c61 = default, c70 = default, c71 = default, c80 = default, c81 = default;
        Vector512<float> c90 = default, c91 = default, ca0 = default, ca1 = default, cb0 = default, cb1 = default;
        // Four pointers and two distances reach all twelve rows; twelve distances would not fit the registers.
        float* a3 = a + 3 * aRow, a6 = a + 6 * aRow, a9 = a + 9 * aRow;
        nint r1 = aRow, r2 = 2 * aRow;
        for (; k > 0; k--)
        {
            Vector512<float> b0 = Vector512.Load(b), b1 = T.Floats > Lanes.Count ? Vector512.Load(b + 16) : default;
            b += Width;
            MultiplyAdd<T>(a, b0, b1, ref c00, ref c01);
            MultiplyAdd<T>(a + r1, b0, b1, ref c10, ref c11);
            MultiplyAdd<T>(a + r2, b0, b1, ref c20, ref c21);
            MultiplyAdd<T>(a3, b0, b1, ref c30, ref c31);
            MultiplyAdd<T>(a3 + r1, b0, b1, ref c40, ref c41);
            MultiplyAdd<T>(a3 + r2, b0, b1, ref c50, ref c51);
            MultiplyAdd<T>(a6, b0, b1, ref c60, ref c61);
            MultiplyAdd<T>(a6 + r1, b0, b1, ref c70, ref c71);
            MultiplyAdd<T>(a6 + r2, b0, b1, ref c80, ref c81);
            MultiplyAdd<T>(a9, b0, b1, ref c90, ref c91);
            MultiplyAdd<T>(a9 + r1, b0, b1, ref ca0, ref ca1);
            MultiplyAdd<T>(a9 + r2, b0, b1, ref cb0, ref cb1);
            a += aCol; a3 += aCol; a6 += aCol; a9 += aCol;
        }
        Store<T>(c, c00, c01, columns, start); Store<T>(c += ldc, c10, c11, columns, start += startRow); Store<T>(c += ldc, c20, c21, columns, start += startRow);
        Store<T>(c += ldc, c30, c31, columns, start += startRow); Store<T>(c += ldc, c40, c41, columns, start += startRow); Store<T>(c += ldc, c50, c51, columns, start += startRow);
        Store<T>(c += ldc, c60, c61, columns, start += startRow); Store<T>(c += ldc, c70, c71, columns, start += startRow); Store<T>(c += ldc, c80, c81, columns, start += startRow);
        Store<T>(c += ldc, c90, c91, columns, start += startRow); Store<T>(c += ldc, ca0, ca1, columns, start += startRow); Store<T>(c + ldc, cb0, cb1, columns, start + startRow);
    }

    /// <summary>Four rows: enough accumulators to hide the latency of a multiply-add.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows4<T>(float* a, nint aRow, nint aCol, float* b, int k, float* c, nint ldc, int columns, float* start, nint startRow) where T : struct, ITileWidth
    {
        Vector512<float> c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default, c30 = default, c31 = default;
        float* a1 = a + aRow, a2 = a1 + aRow, a3 = a2 + aRow;
        for (; k > 0; k--)
        {
            Vector512<float> b0 = Vector512.Load(b), b1 = T.Floats > Lanes.Count ? Vector512.Load(b + 16) : default;
            b += Width;
            MultiplyAdd<T>(a, b0, b1, ref c00, ref c01);
            MultiplyAdd<T>(a1, b0, b1, ref c10, ref c11);
            MultiplyAdd<T>(a2, b0, b1, ref c20, ref c21);
            MultiplyAdd<T>(a3, b0, b1, ref c30, ref c31);
            a += aCol; a1 += aCol; a2 += aCol; a3 += aCol;
        }
        Store<T>(c, c00, c01, columns, start); Store<T>(c += ldc, c10, c11, columns, start += startRow);
        Store<T>(c += ldc, c20, c21, columns, start += startRow); Store<T>(c + ldc, c30, c31, columns, start + startRow);
    }

    /// <summary>Two rows: what is left of a matrix behind the taller tiles.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows2<T>(float* a, nint aRow, nint aCol, float* b, int k, float* c, nint ldc, int columns, float* start, nint startRow) where T : struct, ITileWidth
    {
        Vector512<float> c00 = default, c01 = default, c10 = default, c11 = default;
        for (; k > 0; k--, a += aCol, b += Width)
        {
            Vector512<float> b0 = Vector512.Load(b), b1 = T.Floats > Lanes.Count ? Vector512.Load(b + 16) : default;
            MultiplyAdd<T>(a, b0, b1, ref c00, ref c01);
            MultiplyAdd<T>(a + aRow, b0, b1, ref c10, ref c11);
        }
        Store<T>(c, c00, c01, columns, start); Store<T>(c + ldc, c10, c11, columns, start + startRow);
    }

    /// <summary>One row: the last of a matrix.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows1<T>(float* a, nint aCol, float* b, int k, float* c, int columns, float* start) where T : struct, ITileWidth
    {
        Vector512<float> c0 = default, c1 = default;
        for (; k > 0; k--, a += aCol, b += Width)
            MultiplyAdd<T>(a, Vector512.Load(b), T.Floats > Lanes.Count ? Vector512.Load(b + 16) : default, ref c0, ref c1);
        Store<T>(c, c0, c1, columns, start);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MultiplyAdd<T>(float* a, Vector512<float> b0, Vector512<float> b1, ref Vector512<float> c0, ref Vector512<float> c1) where T : struct, ITileWidth
    {
        if (T.Floats < Lanes.Count)
        {
            c0 = Vector256.FusedMultiplyAdd(Vector256.Create(*a), b0.GetLower(), c0.GetLower()).ToVector512Unsafe();
            return;
        }
        Vector512<float> x = Vector512.Create(*a);
        c0 = Vector512.FusedMultiplyAdd(x, b0, c0);
        if (T.Floats > Lanes.Count)
            c1 = Vector512.FusedMultiplyAdd(x, b1, c1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<T>(float* c, Vector512<float> x, Vector512<float> y, int columns, float* start) where T : struct, ITileWidth
    {
        if (start != null)
            x += Lanes.Load(start, columns);
        Lanes.Store(x, c, columns);
        if (T.Floats <= Lanes.Count)
            return;
        if (start != null)
            y += Lanes.Load(start + 16, columns - 16);
        Lanes.Store(y, c + 16, columns - 16);
    }
}
