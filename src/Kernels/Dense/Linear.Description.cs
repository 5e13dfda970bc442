using GpuCtr.Kernels.Onnx;

namespace GpuCtr.Kernels.Dense;

public sealed partial class Linear
{
    /// <inheritdoc/>
    public Work ForwardWork(in Pass pass) => Work.Products(pass.RowsOf(Input), Weight, 1);

    /// <inheritdoc/>
    public Work BackwardWork(in Pass pass) => Work.Products(pass.RowsOf(Input), Weight, Input.Gradient is null ? 1 : 2);

    /// <inheritdoc/>
    public void Export(IOnnxGraph g) => g[Output] = g.Rectified(g.Product(g[Input], Weight, Bias, Output), Rectifies);
}
