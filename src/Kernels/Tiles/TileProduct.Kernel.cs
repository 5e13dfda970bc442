using GpuCtr.Kernels.Numerics;
using ILGPU;

namespace GpuCtr.Kernels.Tiles;

/// <summary>The kernels of <see cref="TileProduct{TProduct}"/>.</summary>
public static partial class TileProduct
{
    internal const int Side = 64, Depth = SliceDepth;

    internal static void Kernel<TProduct>(Args<TProduct> s) where TProduct : struct, ITileProduct
    {
        // [double buffer][A, B][depth][row]
        int row4 = Row4(Side), slice4 = Slice4(Side);
        ArrayView<Float4> shared = SharedMemory.Allocate<Float4>(4 * SliceDepth * (Side / 4 + 1));
        ArrayView<float> floats = shared.Cast<float>();
        int tile = Grid.IdxX % s.Tiles, part = Grid.IdxX / s.Tiles, i0 = tile / s.TilesN * Side, j0 = tile % s.TilesN * Side;
        int first = part * s.PartDepth, end = Math.Min(s.K, first + s.PartDepth), turn = 0;
        int down = Group.IdxX / 8, across = Group.IdxX % 8;
        Float4 c0 = default, c1 = default, c2 = default, c3 = default, c4 = default, c5 = default, c6 = default, c7 = default;
        Float4 d0 = default, d1 = default, d2 = default, d3 = default, d4 = default, d5 = default, d6 = default, d7 = default;
        Put(floats, Side, 0, s.ARunsAlongK, ShareOfA(s, Side, i0, first, end));
        Put(floats, Side, slice4 * 4, s.BRunsAlongK, ShareOfB(s, Side, j0, first, end));
        Group.Barrier();
        for (int k = first; k < end; k += Depth)
        {
            Share nextA = ShareOfA(s, Side, i0, k + Depth, end), nextB = ShareOfB(s, Side, j0, k + Depth, end);
            for (int l = 0; l < Depth; l++)
            {
                int at = turn * 2 * slice4 + l * row4;
                Float4 a = shared[at + down], e = shared[at + 8 + down], b = shared[at + slice4 + across], f = shared[at + slice4 + 8 + across];
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
            Put(floats, Side, turn * 8 * slice4, s.ARunsAlongK, nextA);
            Put(floats, Side, turn * 8 * slice4 + 4 * slice4, s.BRunsAlongK, nextB);
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
}
