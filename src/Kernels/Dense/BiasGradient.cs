using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;
using ILGPU;
using ILGPU.Runtime;

namespace GpuCtr.Kernels.Dense;

/// <summary>Masks dy by the rectifier in place and sums its columns: dy ∘= [y > 0], db[n] = Σ_b dy[b,n].</summary>
/// dy (B, N) read and written once, y (B, N) read once. One thread sums one column in row order: the same bits every run.
public sealed unsafe class BiasGradient
{
    private readonly Device device;
    private readonly Action<int> block;
    private Action<KernelConfig, Args>? kernel;
    private int rows;
    private Tensor? dy, y, db;

    /// <summary>What the kernel sees.</summary>
    public readonly record struct Args(ArrayView<float> Dy, ArrayView<float> Y, ArrayView<float> Db, int Rows, int Columns, int Mask, int Sum);

    /// <param name="device">Where it runs.</param>
    public BiasGradient(Device device)
    {
        this.device = device;
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
        device.Load(ref kernel, Kernel)(device.Grid(dy.Columns), args);
    }

    private static void Kernel(Args a)
    {
        for (int n = Grid.GlobalLinearIndex; n < a.Columns; n += GridExtensions.Stride)
        {
            float total = 0;
            for (int b = 0; b < a.Rows; b++)
            {
                long i = (long)b * a.Columns + n;
                float g = a.Dy[i];
                if (a.Mask != 0 && !(a.Y[i] > 0))
                {
                    g = 0;
                    a.Dy[i] = 0;
                }
                total += g;
            }
            if (a.Sum != 0)
                a.Db[n] = total;
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
