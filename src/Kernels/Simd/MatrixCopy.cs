using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace GpuCtr.Kernels.Simd;

/// <summary>Copies a matrix, or adds it, by the threads of a team: one thread alone waits for memory.</summary>
internal sealed unsafe class MatrixCopy
{
    private const int BlockRows = 64;

    private readonly WorkerTeam team;
    private readonly Action<int> block;
    private float* to, from;
    private nint toStride, fromStride;
    private int rows, columns;
    private bool add;

    public MatrixCopy(WorkerTeam team) => (this.team, block) = (team, Block);

    /// <param name="to">(rows, columns) where it goes.</param>
    /// <param name="toStride">Distance of two of its rows.</param>
    /// <param name="from">(rows, columns) what is copied.</param>
    /// <param name="fromStride">Distance of two of its rows.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="add">Add to what is there.</param>
    public void Run(float* to, nint toStride, float* from, nint fromStride, int rows, int columns, bool add = false)
    {
        this.to = to;
        this.from = from;
        (this.toStride, this.fromStride) = (toStride, fromStride);
        (this.rows, this.columns, this.add) = (rows, columns, add);
        team.Run(rows, BlockRows, block);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Block(int block)
    {
        int first = block * BlockRows, count = Math.Min(BlockRows, rows - first);
        float* target = to + first * toStride, source = from + first * fromStride;
        for (int r = 0; r < count; r++, target += toStride, source += fromStride)
            for (int j = 0; j < columns; j += Lanes.Count)
            {
                Vector512<float> x = Lanes.Load(source + j, columns - j);
                Lanes.Store(add ? Lanes.Load(target + j, columns - j) + x : x, target + j, columns - j);
            }
    }
}
