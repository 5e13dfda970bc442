using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace GpuCtr.Kernels.Simd;

/// <summary>Copies or adds a matrix with all threads of a team, because one thread cannot use the memory bandwidth.</summary>
internal sealed unsafe class MatrixCopy
{
    private const int BlockRows = 64;

    private readonly RowBlocks blocks;
    private float* to, from;
    private nint toStride, fromStride;
    private int columns;
    private bool add;

    public MatrixCopy(Device device) => blocks = new(device, BlockRows, Copy);

    /// <param name="to">(rows, columns) target.</param>
    /// <param name="toStride">Distance of two of its rows.</param>
    /// <param name="from">(rows, columns) source.</param>
    /// <param name="fromStride">Distance of two of its rows.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="add">Add to the target instead of overwriting it.</param>
    public void Run(float* to, nint toStride, float* from, nint fromStride, int rows, int columns, bool add = false)
    {
        this.to = to;
        this.from = from;
        (this.toStride, this.fromStride) = (toStride, fromStride);
        (this.columns, this.add) = (columns, add);
        blocks.Run(rows);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Copy(int firstRow, int endRow)
    {
        float* target = to + firstRow * toStride, source = from + firstRow * fromStride;
        for (int r = firstRow; r < endRow; r++, target += toStride, source += fromStride)
            for (int j = 0; j < columns; j += Lanes.Count)
            {
                Vector512<float> x = Lanes.Load(source + j, columns - j);
                Lanes.Store(add ? Lanes.Load(target + j, columns - j) + x : x, target + j, columns - j);
            }
    }
}
