using GpuCtr.Kernels.Numerics;
using ILGPU;

namespace GpuCtr.Kernels.Tiles;

/// <summary>Moves slices of the factors to shared memory and sums to C; <c>side</c> is the side of the tile and the number of threads.</summary>
public static partial class TileProduct
{
    /// <summary>Depth of a slice in shared memory, and number of elements of each factor that a thread loads.</summary>
    private const int SliceDepth = 8;

    /// <summary>Kernel arguments; part p of K begins at p · PartDepth, and Partials are (Parts, M, N).</summary>
    public readonly record struct Args<TProduct>(
        TProduct Product, ArrayView<float> Partials, int M, int N, int K, int ARunsAlongK, int BRunsAlongK, int TilesN, int Tiles, int Parts, int PartDepth)
        where TProduct : struct, ITileProduct;

    /// <summary>The elements of a slice of one factor that a thread loads.</summary>
    private readonly record struct Share(Float4 Low, Float4 High);

    /// <summary>A row of a slice has `side` floats and one Float4 of padding, so that threads that write along K use different banks of shared memory.</summary>
    private static int Row4(int side) => side / 4 + 1;

    private static int Slice4(int side) => SliceDepth * Row4(side);

    /// <summary>Either eight neighbouring threads read along K, or all threads across it, whichever is contiguous in memory.</summary>
    private static Share ShareOfA<TProduct>(Args<TProduct> s, int side, int i0, int k0, int end) where TProduct : struct, ITileProduct
    {
        int t = Group.IdxX, i = i0 + (s.ARunsAlongK != 0 ? t / 8 : t), k = k0 + (s.ARunsAlongK != 0 ? t % 8 : 0);
        int di = s.ARunsAlongK != 0 ? side / 8 : 0, dk = s.ARunsAlongK != 0 ? 0 : 1;
        return new(
            new(A(s, i, k, end), A(s, i + di, k + dk, end), A(s, i + 2 * di, k + 2 * dk, end), A(s, i + 3 * di, k + 3 * dk, end)),
            new(A(s, i + 4 * di, k + 4 * dk, end), A(s, i + 5 * di, k + 5 * dk, end), A(s, i + 6 * di, k + 6 * dk, end), A(s, i + 7 * di, k + 7 * dk, end)));
    }

    private static Share ShareOfB<TProduct>(Args<TProduct> s, int side, int j0, int k0, int end) where TProduct : struct, ITileProduct
    {
        int t = Group.IdxX, j = j0 + (s.BRunsAlongK != 0 ? t / 8 : t), k = k0 + (s.BRunsAlongK != 0 ? t % 8 : 0);
        int dj = s.BRunsAlongK != 0 ? side / 8 : 0, dk = s.BRunsAlongK != 0 ? 0 : 1;
        return new(
            new(B(s, k, j, end), B(s, k + dk, j + dj, end), B(s, k + 2 * dk, j + 2 * dj, end), B(s, k + 3 * dk, j + 3 * dj, end)),
            new(B(s, k + 4 * dk, j + 4 * dj, end), B(s, k + 5 * dk, j + 5 * dj, end), B(s, k + 6 * dk, j + 6 * dj, end), B(s, k + 7 * dk, j + 7 * dj, end)));
    }

    /// <summary>Zero outside of the matrix and of this part of K.</summary>
    private static float A<TProduct>(Args<TProduct> s, int i, int k, int end) where TProduct : struct, ITileProduct =>
        i < s.M && k < end ? s.Product.A(i, k) : 0;

    private static float B<TProduct>(Args<TProduct> s, int k, int j, int end) where TProduct : struct, ITileProduct =>
        j < s.N && k < end ? s.Product.B(k, j) : 0;

    private static void Put(ArrayView<float> floats, int side, int at, int alongK, Share share)
    {
        int t = Group.IdxX, row = 4 * Row4(side), to = at + (alongK != 0 ? t % 8 * row + t / 8 : t), step = alongK != 0 ? side / 8 : row;
        floats[to] = share.Low.X;
        floats[to + step] = share.Low.Y;
        floats[to + 2 * step] = share.Low.Z;
        floats[to + 3 * step] = share.Low.W;
        floats[to + 4 * step] = share.High.X;
        floats[to + 5 * step] = share.High.Y;
        floats[to + 6 * step] = share.High.Z;
        floats[to + 7 * step] = share.High.W;
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

    /// <summary>One item = one element of C.</summary>
    internal static void CombineKernel<TProduct>(Args<TProduct> s) where TProduct : struct, ITileProduct
    {
        long elements = (long)s.M * s.N;
        for (long i = Grid.GlobalLinearIndex; i < elements; i += GridLoop.Stride)
        {
            float sum = 0;
            for (int part = 0; part < s.Parts; part++)
                sum += s.Partials[part * elements + i];
            s.Product.Store((int)(i / s.N), (int)(i % s.N), sum);
        }
    }
}
