using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace GpuCtr.Kernels.Simd;

/// <summary>The layout of the right operand of register tiles: 32 columns of a matrix, step by step along its depth.</summary>
internal static unsafe class Panel
{
    /// <summary>Columns of a panel.</summary>
    public const int Width = GemmTile.Width;

    /// <summary>Number of panels for <paramref name="columns"/> columns.</summary>
    public static int Count(int columns) => (columns + Width - 1) / Width;

    /// <summary>Packs a whole matrix (depth, columns), panel after panel.</summary>
    public static void PackAll(float* to, in Gemm.Matrix b, int depth, int columns)
    {
        for (int first = 0; first < columns; first += Width, to += (nint)depth * Width)
            Pack(to, b.Data + first * b.Col, b.Row, b.Col, depth, Math.Min(Width, columns - first));
    }

    /// <summary>Packs one panel: 32 floats per step, zeros after the last column.</summary>
    /// <param name="to">(depth, 32).</param>
    /// <param name="from">(depth, columns).</param>
    /// <param name="row">Distance of two steps in from.</param>
    /// <param name="col">Distance of two columns in from.</param>
    /// <param name="depth">Steps.</param>
    /// <param name="columns">1 … 32.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pack(float* to, float* from, nint row, nint col, int depth, int columns)
    {
        if (col == 1)
        {
            for (int i = 0; i < depth; i++, to += Width, from += row)
            {
                if (columns == Width)
                {
                    Vector512.Load(from).Store(to);
                    Vector512.Load(from + 16).Store(to + 16);
                    continue;
                }
                for (int j = 0; j < Width; j++)
                    to[j] = j < columns ? from[j] : 0;
            }
            return;
        }
        // 16 steps of every column at a time, so that source and target both stay in the first-level cache.
        for (int i0 = 0; i0 < depth; i0 += 16)
            for (int j = 0; j < Width; j++)
            {
                float* column = from + j * col;
                for (int i = i0; i < Math.Min(depth, i0 + 16); i++)
                    to[i * Width + j] = j < columns ? column[i * row] : 0;
            }
    }
}
