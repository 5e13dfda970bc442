using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Numerics;
using ILGPU;

namespace GpuCtr.Kernels.Tiles;

/// <summary>The kernel on tensor cores: the same slices, twice as deep and wide, in words of a format.</summary>
public static partial class TileProduct
{
    internal const int TensorSide = 128, TensorDepth = 2 * SliceDepth;

    // Side of the square of elements that one warp owns.
    private const int WarpSide = 64;

    /// <summary>Each of the four warps owns 64 × 64 elements of C: four strips of 16 rows, each eight products of 16 × 8 words × 8.</summary>
    [KernelNeeds(TensorSide, 80)]
    internal static void TensorKernel<TProduct, TFormat>(Args<TProduct> s) where TProduct : struct, ITileProduct where TFormat : struct, ITensorFormat
    {
        // [double buffer][A, B][slice][word][row]. Each buffer has room for four slices in all formats, for the exchange of lanes without tensor cores.
        int row4 = Row4(TensorSide), slice4 = Slice4(TensorSide), turn4 = 4 * slice4, ofB = TFormat.Slices * slice4;
        ArrayView<Float4> shared = SharedMemory.Allocate<Float4>(8 * SliceDepth * (TensorSide / 4 + 1));
        ArrayView<float> floats = shared.Cast<float>();
        int tile = Grid.IdxX % s.Tiles, part = Grid.IdxX / s.Tiles, i0 = tile / s.TilesN * TensorSide, j0 = tile % s.TilesN * TensorSide;
        int first = part * s.PartDepth, end = Math.Min(s.K, first + s.PartDepth), turn = 0;
        int down = Group.IdxX / 64 * WarpSide, across = Group.IdxX / 32 % 2 * WarpSide, slot = Group.IdxX % 32 / 4, lane = Group.IdxX % 4;
        TensorCore.Strip c0 = default, c1 = default, c2 = default, c3 = default;
        Put<TProduct, TFormat>(s, floats, 0, Fetch(s, i0, j0, first, end));
        Group.Barrier();
        for (int k = first; k < end; k += TensorDepth)
        {
            Shares next = Fetch(s, i0, j0, k + TensorDepth, end);
            // The buffer of the next slices is free until then.
            ArrayView<float> exchange = floats.SubView((1 - turn) * 4 * turn4, TensorSide * TensorCore.LaneFloats);
            for (int slice = 0; slice < TFormat.Slices; slice++)
            {
                // Lane l takes words 2l and 2l + 1 instead of l and l + 4: another order of the sum, for loads without bank conflicts.
                int at = turn * turn4 + slice * slice4 + 2 * lane * row4, a = at + down / 4 + slot, b = (at + ofB) * 4 + across + slot;
                Float4 upper = shared[a], upperNext = shared[a + row4], lower = shared[a + 8], lowerNext = shared[a + row4 + 8];
                Float4 a0 = new(upper.X, upper.Y, upperNext.X, upperNext.Y), a1 = new(upper.Z, upper.W, upperNext.Z, upperNext.W);
                Float4 a2 = new(lower.X, lower.Y, lowerNext.X, lowerNext.Y), a3 = new(lower.Z, lower.W, lowerNext.Z, lowerNext.W);
                TensorCore.Columns columns = new(EveryEighth(floats, b), EveryEighth(floats, b + 32), EveryEighth(floats, b + 4 * row4), EveryEighth(floats, b + 4 * row4 + 32));
                TensorCore.Publish(exchange, a0, a1, a2, a3, columns);
                c0 = TensorCore.Add<TFormat>(c0, a0, columns, exchange, 0);
                c1 = TensorCore.Add<TFormat>(c1, a1, columns, exchange, 1);
                c2 = TensorCore.Add<TFormat>(c2, a2, columns, exchange, 2);
                c3 = TensorCore.Add<TFormat>(c3, a3, columns, exchange, 3);
                TensorCore.Withdraw();
            }
            turn = 1 - turn;
            Put<TProduct, TFormat>(s, floats, turn * 4 * turn4, next);
            Group.Barrier();
        }
        int i = i0 + down + 4 * slot, j = j0 + across + 2 * lane;
        Store(s, part, i, j, c0);
        Store(s, part, i + 2, j, c1);
        Store(s, part, i + 32, j, c2);
        Store(s, part, i + 34, j, c3);
    }

    /// <summary>The elements of two slices of both factors that a thread loads.</summary>
    private readonly record struct Shares(Share A, Share NextA, Share B, Share NextB);

    private static Shares Fetch<TProduct>(Args<TProduct> s, int i0, int j0, int k, int end) where TProduct : struct, ITileProduct => new(
        ShareOfA(s, TensorSide, i0, k, end), ShareOfA(s, TensorSide, i0, k + SliceDepth, end), ShareOfB(s, TensorSide, j0, k, end), ShareOfB(s, TensorSide, j0, k + SliceDepth, end));

    private static void Put<TProduct, TFormat>(Args<TProduct> s, ArrayView<float> floats, int at, Shares shares) where TProduct : struct, ITileProduct where TFormat : struct, ITensorFormat
    {
        int slice = 4 * Slice4(TensorSide), b = at + TFormat.Slices * slice;
        Put(floats, TensorSide, at, s.ARunsAlongK, Words<TFormat>(0, shares.A, shares.NextA));
        Put(floats, TensorSide, b, s.BRunsAlongK, Words<TFormat>(0, shares.B, shares.NextB));
        if (TFormat.Slices == 1)
            return;
        Put(floats, TensorSide, at + slice, s.ARunsAlongK, Words<TFormat>(1, shares.A, shares.NextA));
        Put(floats, TensorSide, b + slice, s.BRunsAlongK, Words<TFormat>(1, shares.B, shares.NextB));
    }

    private static Share Words<TFormat>(int slice, Share x, Share behind) where TFormat : struct, ITensorFormat =>
        new(Words<TFormat>(slice, x.Low, behind.Low), Words<TFormat>(slice, x.High, behind.High));

    private static Float4 Words<TFormat>(int slice, Float4 x, Float4 behind) where TFormat : struct, ITensorFormat =>
        new(TFormat.Word(slice, x.X, behind.X), TFormat.Word(slice, x.Y, behind.Y), TFormat.Word(slice, x.Z, behind.Z), TFormat.Word(slice, x.W, behind.W));

    private static Float4 EveryEighth(ArrayView<float> floats, int at) => new(floats[at], floats[at + 8], floats[at + 16], floats[at + 24]);

    /// <summary>Rows i and i + 1, and of each eight columns j and j + 1.</summary>
    private static void Store<TProduct>(Args<TProduct> s, int part, int i, int j, TensorCore.Strip c) where TProduct : struct, ITileProduct
    {
        StoreSquare(s, part, i, j, c.C0);
        StoreSquare(s, part, i, j + 8, c.C1);
        StoreSquare(s, part, i, j + 16, c.C2);
        StoreSquare(s, part, i, j + 24, c.C3);
        StoreSquare(s, part, i, j + 32, c.C4);
        StoreSquare(s, part, i, j + 40, c.C5);
        StoreSquare(s, part, i, j + 48, c.C6);
        StoreSquare(s, part, i, j + 56, c.C7);
    }

    private static void StoreSquare<TProduct>(Args<TProduct> s, int part, int i, int j, Float4 c) where TProduct : struct, ITileProduct
    {
        Store(s, part, i, j, c.X);
        Store(s, part, i, j + 1, c.Y);
        Store(s, part, i + 1, j, c.Z);
        Store(s, part, i + 1, j + 1, c.W);
    }
}
