using GpuCtr.Kernels.Numerics;
using ILGPU;

namespace GpuCtr.Kernels.Tiles;

/// <summary>The kernels of <see cref="TileProduct{TProduct}"/>.</summary>
public static class TileProduct
{
    internal const int Side = 64, Depth = 8;

    // A row of a slice is 64 floats and one Float4 more, so that threads which write along K hit different banks of shared memory.
    private const int Row4 = Side / 4 + 1, Row = Row4 * 4, Slice4 = Depth * Row4;

    /// <summary>What the kernels see; part p of K begins at p · PartDepth, and Partials are (Parts, M, N).</summary>
    public readonly record struct Args<TProduct>(
        TProduct Product, ArrayView<float> Partials, int M, int N, int K, int ARunsAlongK, int BRunsAlongK, int TilesN, int Tiles, int Parts, int PartDepth)
        where TProduct : struct, ITileProduct;

    /// What a thread brings of a slice.
    private readonly record struct Share(Float4 Low, Float4 High);

    internal static void Kernel<TProduct>(Args<TProduct> s) where TProduct : struct, ITileProduct
    {
        // [two slices in turns][A, B][depth][row]
        ArrayView<Float4> shared = SharedMemory.Allocate<Float4>(4 * Slice4);
        ArrayView<float> floats = shared.Cast<float>();
        int tile = Grid.IdxX % s.Tiles, part = Grid.IdxX / s.Tiles, i0 = tile / s.TilesN * Side, j0 = tile % s.TilesN * Side;
        int first = part * s.PartDepth, end = Math.Min(s.K, first + s.PartDepth), turn = 0;
        int down = Group.IdxX / 8, across = Group.IdxX % 8;
        Float4 c0 = default, c1 = default, c2 = default, c3 = default, c4 = default, c5 = default, c6 = default, c7 = default;
        Float4 d0 = default, d1 = default, d2 = default, d3 = default, d4 = default, d5 = default, d6 = default, d7 = default;
        Put(floats, 0, s.ARunsAlongK, ShareOfA(s, i0, first, end));
        Put(floats, Slice4 * 4, s.BRunsAlongK, ShareOfB(s, j0, first, end));
        Group.Barrier();
        for (int k = first; k < end; k += Depth)
        {
            Share nextA = ShareOfA(s, i0, k + Depth, end), nextB = ShareOfB(s, j0, k + Depth, end);
            for (int l = 0; l < Depth; l++)
            {
                int at = turn * 2 * Slice4 + l * Row4;
                Float4 a = shared[at + down], e = shared[at + 8 + down], b = shared[at + Slice4 + across], f = shared[at + Slice4 + 8 + across];
                c0 = c0.Add(a.X, b); d0 = d0.Add(a.X, f);
                c1 = c1.Add(a.Y, b); d1 = d1.Add(a.Y, f);
                c2 = c2.Add(a.Z, b); d2 = d2.Add(a.Z, f);
                c3 = c3.Add(a.W, b); d3 = d3.Add(a.W, f);
                c4 = c4.Add(e.X, b); d4 = d4.Add(e.X, f);
                c5 = c5.Add(e.Y, b); d5 = d5.Add(e.Y, f);
                c6 = c6.Add(e.Z, b); d6 = d6.Add(e.Z, f);
                c7 = c7.Add(e.W, b); d7 = d7.Add(e.W, f);
            }
            turn = 1 - turn;
            Put(floats, turn * 8 * Slice4, s.ARunsAlongK, nextA);
            Put(floats, turn * 8 * Slice4 + 4 * Slice4, s.BRunsAlongK, nextB);
            Group.Barrier();
        }
        int i = i0 + 4 * down, j = j0 + 4 * across;
        Store(s, part, i, j, c0, d0);
        Store(s, part, i + 1, j, c1, d1);
        Store(s, part, i + 2, j, c2, d2);
        Store(s, part, i + 3, j, c3, d3);
        Store(s, part, i + 32, j, c4, d4);
        Store(s, part, i + 33, j, c5, d5);
        Store(s, part, i + 34, j, c6, d6);
        Store(s, part, i + 35, j, c7, d7);
    }

    /// One item = one element of C.
    internal static void CombineKernel<TProduct>(Args<TProduct> s) where TProduct : struct, ITileProduct
    {
        long elements = (long)s.M * s.N;
        for (long i = Grid.GlobalLinearIndex; i < elements; i += GridExtensions.Stride)
        {
            float sum = 0;
            for (int part = 0; part < s.Parts; part++)
                sum += s.Partials[part * elements + i];
            s.Product.Store((int)(i / s.N), (int)(i % s.N), sum);
        }
    }

    /// Eight threads side by side read along K, or all 64 across it: whichever lies in memory that way.
    private static Share ShareOfA<TProduct>(Args<TProduct> s, int i0, int k0, int end) where TProduct : struct, ITileProduct
    {
        int t = Group.IdxX, i = i0 + (s.ARunsAlongK != 0 ? t / 8 : t), k = k0 + (s.ARunsAlongK != 0 ? t % 8 : 0);
        int di = s.ARunsAlongK != 0 ? 8 : 0, dk = s.ARunsAlongK != 0 ? 0 : 1;
        return new(
            new(A(s, i, k, end), A(s, i + di, k + dk, end), A(s, i + 2 * di, k + 2 * dk, end), A(s, i + 3 * di, k + 3 * dk, end)),
            new(A(s, i + 4 * di, k + 4 * dk, end), A(s, i + 5 * di, k + 5 * dk, end), A(s, i + 6 * di, k + 6 * dk, end), A(s, i + 7 * di, k + 7 * dk, end)));
    }

    private static Share ShareOfB<TProduct>(Args<TProduct> s, int j0, int k0, int end) where TProduct : struct, ITileProduct
    {
        int t = Group.IdxX, j = j0 + (s.BRunsAlongK != 0 ? t / 8 : t), k = k0 + (s.BRunsAlongK != 0 ? t % 8 : 0);
        int dj = s.BRunsAlongK != 0 ? 8 : 0, dk = s.BRunsAlongK != 0 ? 0 : 1;
        return new(
            new(B(s, k, j, end), B(s, k + dk, j + dj, end), B(s, k + 2 * dk, j + 2 * dj, end), B(s, k + 3 * dk, j + 3 * dj, end)),
            new(B(s, k + 4 * dk, j + 4 * dj, end), B(s, k + 5 * dk, j + 5 * dj, end), B(s, k + 6 * dk, j + 6 * dj, end), B(s, k + 7 * dk, j + 7 * dj, end)));
    }

    /// Zero outside of the matrix and of this part of K.
    private static float A<TProduct>(Args<TProduct> s, int i, int k, int end) where TProduct : struct, ITileProduct =>
        i < s.M && k < end ? s.Product.A(i, k) : 0;

    private static float B<TProduct>(Args<TProduct> s, int k, int j, int end) where TProduct : struct, ITileProduct =>
        j < s.N && k < end ? s.Product.B(k, j) : 0;

    private static void Put(ArrayView<float> floats, int at, int alongK, Share share)
    {
        int t = Group.IdxX, to = at + (alongK != 0 ? t % 8 * Row + t / 8 : t), step = alongK != 0 ? 8 : Row;
        floats[to] = share.Low.X;
        floats[to + step] = share.Low.Y;
        floats[to + 2 * step] = share.Low.Z;
        floats[to + 3 * step] = share.Low.W;
        floats[to + 4 * step] = share.High.X;
        floats[to + 5 * step] = share.High.Y;
        floats[to + 6 * step] = share.High.Z;
        floats[to + 7 * step] = share.High.W;
    }

    private static void Store<TProduct>(Args<TProduct> s, int part, int i, int j, Float4 left, Float4 right) where TProduct : struct, ITileProduct
    {
        Store(s, part, i, j, left.X);
        Store(s, part, i, j + 1, left.Y);
        Store(s, part, i, j + 2, left.Z);
        Store(s, part, i, j + 3, left.W);
        Store(s, part, i, j + 32, right.X);
        Store(s, part, i, j + 33, right.Y);
        Store(s, part, i, j + 34, right.Z);
        Store(s, part, i, j + 35, right.W);
    }

    private static void Store<TProduct>(Args<TProduct> s, int part, int i, int j, float sum) where TProduct : struct, ITileProduct
    {
        if (i >= s.M || j >= s.N)
            return;
        if (s.Parts > 1)
            s.Partials[((long)part * s.M + i) * s.N + j] = sum;
        else
            s.Product.Store(i, j, sum);
    }
}
