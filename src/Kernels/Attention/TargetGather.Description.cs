using GpuCtr.Kernels.Onnx;

namespace GpuCtr.Kernels.Attention;

public sealed partial class TargetGather
{
    /// <inheritdoc/>
    public Work ForwardWork(in Pass pass) => Work.Passes(pass, Output, 2);

    /// <inheritdoc/>
    public Work BackwardWork(in Pass pass) => Work.Passes(pass, Output, 3);

    /// <inheritdoc/>
    public void Export(IOnnxGraph g) => g[Output] = g.Node("Gather", ("axis", 1), g[Input], g.Integer(-1));
}
