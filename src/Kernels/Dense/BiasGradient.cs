using GpuCtr.Kernels.Numerics;
using GpuCtr.Kernels.Reductions;
using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Dense;

/// <summary>Masks the gradient of an output by the rectifier in place and sums its columns: dy ∘= [y > 0], db[n] = Σ_b dy[b,n].</summary>
/// <remarks>dy (B, N) read and written once, y (B, N) read once. Every column is summed in a fixed order: the same bits every run.</remarks>
public sealed partial class BiasGradient
{
    private readonly Device device;
    private readonly Tensor y;
    private readonly Tensor? b;
    private readonly bool masks;
    private readonly Action<int> run;

    /// <summary>Kernel arguments.</summary>
    public readonly record struct Args(ArrayView<float> Dy, ArrayView<float> Y, ArrayView<float> Db, int Rows, int Columns, int Mask, int Sum);

    /// <param name="workspace">Reserves partial sums.</param>
    /// <param name="y">(B, N) output, whose gradient is summed.</param>
    /// <param name="masks">The output is rectified.</param>
    /// <param name="b">(1, N) bias, or null.</param>
    public BiasGradient(Workspace workspace, Tensor y, bool masks, Tensor? b)
    {
        (device, this.y, this.masks, this.b) = (workspace.Device, y, masks, b);
        run = device.Select(() => Portable(workspace), Simd);
    }

    /// <summary>Masks and sums the first <paramref name="rows"/> rows.</summary>
    public void Run(int rows) => run(rows);

    private Action<int> Portable(Workspace workspace)
    {
        ColumnSums<Terms> sums = new(workspace, $"{y.Name} bias", y.Rows, y.Columns);
        return rows => sums.Run(new(new(y.Gradient!.View, y.View, (b?.Gradient ?? y).View, rows, y.Columns, masks ? 1 : 0, b?.Gradient is null ? 0 : 1)), rows);
    }

    /// <summary>Σ dy; masks dy along the way.</summary>
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
}
