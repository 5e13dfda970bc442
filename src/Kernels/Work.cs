using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels;

/// <summary>The least that an op must move and compute, whatever its kernels do. Measured times are compared with it.</summary>
/// <param name="Bytes">Bytes of memory: what must be read, once, and what must be written, once.</param>
/// <param name="Flops">Float32 operations of matrix products; those of element-wise formulas cost less than their bytes and are not counted.</param>
public readonly record struct Work(double Bytes, double Flops = 0)
{
    /// <summary>So many float32 values read or written.</summary>
    public static Work Floats(double count, double flops = 0) => new(sizeof(float) * count, flops);

    /// <summary>The rows that a pass uses of <paramref name="t"/>, read or written <paramref name="times"/> times.</summary>
    public static Work Passes(in Pass pass, Tensor t, int times) => Floats((double)times * pass.RowsOf(t) * t.Columns);

    /// <summary><paramref name="products"/> of the products of a dense layer: y = x Wᵀ, dx = dy W, dW = dyᵀ x.</summary>
    /// <param name="rows">Rows of x.</param>
    /// <param name="w">W (N, K).</param>
    /// <param name="products">How many.</param>
    public static Work Products(double rows, Tensor w, int products) =>
        Floats(products * (rows * (w.Columns + w.Rows) + w.Length), 2.0 * products * rows * w.Length);
}
