using GpuCtr.Kernels.Onnx;

namespace GpuCtr.Kernels.Dense;

public sealed partial class Reshape
{
    /// <inheritdoc/>
    public Work ForwardWork(in Pass pass) => Work.Passes(pass, Output, 2);

    /// <inheritdoc/>
    public Work BackwardWork(in Pass pass) => Work.Passes(pass, Output, 2);

    /// <inheritdoc/>
    public void Export(IOnnxGraph g)
    {
        long[] shape = Output.RowKind == Tensors.RowKind.Batch ? [0, Output.Columns] : [0, Output.RowKind.RowsPerExample, Output.Columns];
        g[Output] = Transposes
            ? g.Transpose(g.Node("Reshape", g[Input], g.Integers(0, shape[2], shape[1])), 0, 2, 1)
            : g.Node("Reshape", g[Input], g.Integers(shape));
    }
}
