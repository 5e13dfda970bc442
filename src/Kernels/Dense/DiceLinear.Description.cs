using GpuCtr.Kernels.Onnx;

namespace GpuCtr.Kernels.Dense;

public sealed partial class DiceLinear
{
    /// <inheritdoc/>
    public Work ForwardWork(in Pass pass) => Work.Products(pass.RowsOf(Output), Weight, 1);

    /// <inheritdoc/>
    public Work BackwardWork(in Pass pass) => Work.Products(pass.RowsOf(Output), Weight, 2);

    /// <inheritdoc/>
    public void Export(IOnnxGraph g) => g[Output] = g.Product(Dice.Export(g, Tensors, Weight.Name), Weight, Bias, Output);
}
