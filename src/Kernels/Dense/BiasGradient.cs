using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Numerics;
using GpuCtr.Kernels.Reductions;
using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Dense;

/// <summary>Masks dy by the rectifier in place and sums its columns: dy ∘= [y > 0], db[n] = Σ_b dy[b,n].</summary>
/// <remarks>dy (B, N) read and written once, y (B, N) read once. Every column is summed in one order: the same bits every run.</remarks>
public sealed unsafe class BiasGradient
{
    private readonly Device device;
    private readonly Action<int> block;
    private readonly ColumnSums<Terms> sums;
    private int rows;
    private Tensor? dy, y, db;

    /// <summary>What the kernel sees.</summary>
    public readonly record struct Args(ArrayView<float> Dy, ArrayView<float> Y, ArrayView<float> Db, int Rows, int Columns, int Mask, int Sum);

    /// <param name="workspace">Where partial sums are reserved.</param>
    /// <param name="dy">(B, N) a gradient of the largest batch.</param>
    public BiasGradient(Workspace workspace, Tensor dy)
    {
        device = workspace.Device;
        sums = new ColumnSums<Terms>(workspace, $"{dy.Name} bias", dy.Rows, dy.Columns);
        block = Block;
    }

    /// <summary>Masks and sums.</summary>
    /// <param name="rows">B.</param>
    /// <param name="dy">(B, N) output gradient, masked in place.</param>
    /// <param name="y">(B, N) rectified output, or null for no mask.</param>
    /// <param name="db">(N) bias gradient, or null.</param>
    public void Run(int rows, Tensor dy, Tensor? y, Tensor? db)
    {
        if (device.UsesSimd)
        {
            (this.rows, this.dy, this.y, this.db) = (rows, dy, y, db);
            device.Team!.Run(ColumnBlocks.Count(dy.Columns), block);
            return;
        }
        Args args = new(dy.View, (y ?? dy).View, (db ?? dy).View, rows, dy.Columns, y is null ? 0 : 1, db is null ? 0 : 1);
        sums.Run(new(args), rows);
    }

    /// <summary>Σ dy, which is masked on the way.</summary>
    public readonly struct Terms(Args a) : IColumnTerms
    {
        private readonly Args a = a;

        /// <inheritdoc/>
        public Float4 Term(int row, int column)
        {
            long i = (long)row * a.Columns + column;
            float g = a.Dy[i];
            if (a.Mask != 0 && !(a.Y[i] > 0))
            {
                g = 0;
                a.Dy[i] = 0;
            }
            return new(g);
        }

        /// <inheritdoc/>
        public void Take(int column, Float4 sums)
        {
            if (a.Sum != 0)
                a.Db[column] = sums.X;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Block(int task)
    {
        int n = dy!.Columns, column = task * ColumnBlocks.Width, count = Math.Min(ColumnBlocks.Width, n - column);
        float* g = dy.Pointer + column;
        float* value = y is null ? null : y.Pointer + column;
        Vector512<float> total = default;
        for (int b = 0; b < rows; b++, g += n)
        {
            Vector512<float> v = Lanes.Load(g, count);
            if (value != null)
            {
                v = Vector512.ConditionalSelect(Vector512.GreaterThan(Lanes.Load(value, count), Vector512<float>.Zero), v, Vector512<float>.Zero);
                Lanes.Store(v, g, count);
                value += n;
            }
            total += v;
        }
        if (db is not null)
            Lanes.Store(total, db.Pointer + column, count);
    }
}
