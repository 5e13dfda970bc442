using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace GpuCtr.Kernels.Simd;

/// <summary>The register tiles of <see cref="Gemm"/>: c (rows, columns) = start + a (rows, k) · b (k, 32), of which the first 1 … 32 columns count.</summary>
/// <remarks>
/// b is packed: 32 consecutive floats per step of k, aligned to cache lines. Element (r, k) of a is at a[r·aRow + k·aCol].
/// Every element of c is one chain of fused multiply-adds over k, so its bits depend neither on the tile's height nor on its position.
/// </remarks>
internal static unsafe partial class GemmTile
{
    /// <summary>Columns of a packed panel.</summary>
    public const int Width = 32;

    private const int TallestTile = 12;

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
    /// <param name="start">Start values of the sums: c itself, one row for all (distance 0), or null for zeros.</param>
    /// <param name="startRow">Distance of two rows of start.</param>
    /// <param name="wide">512-bit tiles; false: 256-bit tiles.</param>
    /// <param name="ahead">Memory to prefetch at the same time, one step per tile (<see cref="Tiles"/>), or null.</param>
    public static void Rows(int rows, float* a, nint aRow, nint aCol, float* b, int k, float* c, nint ldc, int columns, float* start, nint startRow, bool wide, PrefetchSchedule* ahead = null)
    {
        if (!wide)
            Rows256(rows, a, aRow, aCol, b, k, c, ldc, columns, start, startRow);
        else if (columns == Width)
            Rows512<Columns32>(rows, a, aRow, aCol, b, k, c, ldc, columns, start, startRow, ahead);
        else if (columns > Lanes.Count)
            Rows512<Columns17To31>(rows, a, aRow, aCol, b, k, c, ldc, columns, start, startRow, ahead);
        else if (columns == Lanes.Count)
            Rows512<Columns16>(rows, a, aRow, aCol, b, k, c, ldc, columns, start, startRow, ahead);
        else if (columns > Lanes.Count / 2)
            Rows512<Columns9To15>(rows, a, aRow, aCol, b, k, c, ldc, columns, start, startRow, ahead);
        else if (columns == Lanes.Count / 2)
            Rows512<Columns8>(rows, a, aRow, aCol, b, k, c, ldc, columns, start, startRow, ahead);
        else
            Rows512<Columns1To7>(rows, a, aRow, aCol, b, k, c, ldc, columns, start, startRow, ahead);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows512<TColumns>(int rows, float* a, nint aRow, nint aCol, float* b, int k, float* c, nint ldc, int columns, float* start, nint startRow, PrefetchSchedule* ahead)
        where TColumns : struct, IColumns
    {
        // A null pointer is not advanced.
        if (start == null)
            startRow = 0;
        int tallest = Tallest(rows);
        for (int height; rows > 0; rows -= height, a += height * aRow, c += height * ldc, start += height * startRow)
        {
            nint stride = 0;
            byte* line = ahead == null ? (byte*)b : ahead->Step(k, b, out stride);
            height = Math.Min(tallest, rows > 1 ? rows & ~1 : 1);
            switch (height)
            {
                case 12: Tile<TColumns, Rows12>(a, aRow, aCol, b, k, c, ldc, columns, start, startRow, line, stride); break;
                case 10: Tile<TColumns, Rows10>(a, aRow, aCol, b, k, c, ldc, columns, start, startRow, line, stride); break;
                case 8: Tile<TColumns, Rows8>(a, aRow, aCol, b, k, c, ldc, columns, start, startRow, line, stride); break;
                case 6: Tile<TColumns, Rows6>(a, aRow, aCol, b, k, c, ldc, columns, start, startRow, line, stride); break;
                case 4: Tile<TColumns, Rows4>(a, aRow, aCol, b, k, c, ldc, columns, start, startRow, line, stride); break;
                case 2: Tile<TColumns, Rows2>(a, aRow, aCol, b, k, c, ldc, columns, start, startRow, line, stride); break;
                default: Tile<TColumns, Rows1>(a, aRow, aCol, b, k, c, ldc, columns, start, startRow, line, stride); break;
            }
        }
    }

    /// <summary>Tiles that <see cref="Rows"/> takes for some rows of one panel.</summary>
    public static int Tiles(int rows)
    {
        if (rows == 0)
            return 0;
        int tallest = Tallest(rows), left = rows % tallest;
        return rows / tallest + (left > 1 ? 1 : 0) + left % 2;
    }

    /// <summary>Height of the tiles that cover some rows with as few tiles as possible of about equal height: fifty rows are five tiles of ten, not four of twelve and one of two, which would wait for the latency of its multiply-adds.</summary>
    private static int Tallest(int rows)
    {
        int tiles = (rows + TallestTile - 1) / TallestTile, height = (rows + tiles - 1) / tiles;
        return height + height % 2;
    }

    /// <summary>The tile. At twelve rows, 24 accumulators, 2 columns of b and 1 broadcast of a take 27 of the 32 registers of AVX-512.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile<TColumns, TRows>(float* a, nint aRow, nint aCol, float* b, int k, float* c, nint ldc, int columns, float* start, nint startRow, byte* ahead, nint aheadStride)
        where TColumns : struct, IColumns
        where TRows : struct, IRows
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
            Vector512<float> b0 = Vector512.Load(b), b1 = TColumns.Registers > 1 ? Vector512.Load(b + 16) : default;
            b += Width;
            Prefetch.FarAhead(ahead);
            ahead += aheadStride;
            MultiplyAdd<TColumns>(a, b0, b1, ref c00, ref c01);
            if (TRows.Count > 1)
                MultiplyAdd<TColumns>(a + r1, b0, b1, ref c10, ref c11);
            if (TRows.Count > 2)
                MultiplyAdd<TColumns>(a + r2, b0, b1, ref c20, ref c21);
            if (TRows.Count > 3)
                MultiplyAdd<TColumns>(a3, b0, b1, ref c30, ref c31);
            if (TRows.Count > 4)
                MultiplyAdd<TColumns>(a3 + r1, b0, b1, ref c40, ref c41);
            if (TRows.Count > 5)
                MultiplyAdd<TColumns>(a3 + r2, b0, b1, ref c50, ref c51);
            if (TRows.Count > 6)
                MultiplyAdd<TColumns>(a6, b0, b1, ref c60, ref c61);
            if (TRows.Count > 7)
                MultiplyAdd<TColumns>(a6 + r1, b0, b1, ref c70, ref c71);
            if (TRows.Count > 8)
                MultiplyAdd<TColumns>(a6 + r2, b0, b1, ref c80, ref c81);
            if (TRows.Count > 9)
                MultiplyAdd<TColumns>(a9, b0, b1, ref c90, ref c91);
            if (TRows.Count > 10)
                MultiplyAdd<TColumns>(a9 + r1, b0, b1, ref ca0, ref ca1);
            if (TRows.Count > 11)
                MultiplyAdd<TColumns>(a9 + r2, b0, b1, ref cb0, ref cb1);
            a += aCol; a3 += aCol; a6 += aCol; a9 += aCol;
        }
        Store<TColumns>(c, c00, c01, columns, start);
        if (TRows.Count > 1)
            Store<TColumns>(c += ldc, c10, c11, columns, start += startRow);
        if (TRows.Count > 2)
            Store<TColumns>(c += ldc, c20, c21, columns, start += startRow);
        if (TRows.Count > 3)
            Store<TColumns>(c += ldc, c30, c31, columns, start += startRow);
        if (TRows.Count > 4)
            Store<TColumns>(c += ldc, c40, c41, columns, start += startRow);
        if (TRows.Count > 5)
            Store<TColumns>(c += ldc, c50, c51, columns, start += startRow);
        if (TRows.Count > 6)
            Store<TColumns>(c += ldc, c60, c61, columns, start += startRow);
        if (TRows.Count > 7)
            Store<TColumns>(c += ldc, c70, c71, columns, start += startRow);
        if (TRows.Count > 8)
            Store<TColumns>(c += ldc, c80, c81, columns, start += startRow);
        if (TRows.Count > 9)
            Store<TColumns>(c += ldc, c90, c91, columns, start += startRow);
        if (TRows.Count > 10)
            Store<TColumns>(c += ldc, ca0, ca1, columns, start += startRow);
        if (TRows.Count > 11)
            Store<TColumns>(c += ldc, cb0, cb1, columns, start += startRow);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MultiplyAdd<TColumns>(float* a, Vector512<float> b0, Vector512<float> b1, ref Vector512<float> c0, ref Vector512<float> c1) where TColumns : struct, IColumns
    {
        if (TColumns.Registers == 0)
        {
            c0 = Vector256.FusedMultiplyAdd(Vector256.Create(*a), b0.GetLower(), c0.GetLower()).ToVector512Unsafe();
            return;
        }
        Vector512<float> x = Vector512.Create(*a);
        c0 = Vector512.FusedMultiplyAdd(x, b0, c0);
        if (TColumns.Registers > 1)
            c1 = Vector512.FusedMultiplyAdd(x, b1, c1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TColumns>(float* c, Vector512<float> x, Vector512<float> y, int columns, float* start) where TColumns : struct, IColumns
    {
        if (TColumns.Whole && TColumns.Registers == 0)
        {
            (start == null ? x.GetLower() : x.GetLower() + Vector256.Load(start)).Store(c);
            return;
        }
        if (TColumns.Whole)
            columns = Width;
        if (start != null)
            x += Lanes.Load(start, columns);
        Lanes.Store(x, c, columns);
        if (TColumns.Registers < 2)
            return;
        if (start != null)
            y += Lanes.Load(start + 16, columns - 16);
        Lanes.Store(y, c + 16, columns - 16);
    }
}
