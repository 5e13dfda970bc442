using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels;

/// <summary>Minimum of bytes and operations of an op, independent of its kernels. Measured times are compared with it.</summary>
/// <param name="Bytes">Bytes that must be read and written, each once.</param>
/// <param name="Flops">Float32 operations of matrix products; element-wise formulas cost less than their bytes and are not counted.</param>
public readonly record struct Work(double Bytes, double Flops = 0)
{
    /// <summary>Work of reading or writing a number of float32 values.</summary>
    public static Work Floats(double count, double flops = 0) => new(sizeof(float) * count, flops);

    /// <summary>The rows that a pass uses of <paramref name="t"/>, read or written <paramref name="times"/> times.</summary>
    public static Work Passes(in Pass pass, Tensor t, int times) => Floats((double)times * pass.RowsOf(t) * t.Columns);

    /// <summary><paramref name="products"/> of the products of a dense layer: y = x Wᵀ, dx = dy W, dW = dyᵀ x.</summary>
    /// <param name="rows">Rows of x.</param>
    /// <param name="w">W (N, K).</param>
    /// <param name="products">Number of products.</param>
    public static Work Products(double rows, Tensor w, int products) =>
        Floats(products * (rows * (w.Columns + w.Rows) + w.Length), 2.0 * products * rows * w.Length);
}
