using GpuCtr.Kernels.Onnx;

namespace GpuCtr.Kernels.Attention;

public sealed partial class TargetProduct
{
    /// <inheritdoc/>
    public Work ForwardWork(in Pass pass) => Work.Passes(pass, Output, 3);

    /// <inheritdoc/>
    public Work BackwardWork(in Pass pass) => Work.Passes(pass, Output, 6);

    /// <inheritdoc/>
    public void Export(IOnnxGraph g) => g[Output] = g.Node("Mul", g[Input], History.ExportQuery(g));
}
