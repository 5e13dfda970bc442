using GpuCtr.Kernels.Onnx;

namespace GpuCtr.Kernels.Dense;

public sealed partial class Dropout
{
    /// <inheritdoc/>
    public Work ForwardWork(in Pass pass) => Work.Passes(pass, Output, 2);

    /// <inheritdoc/>
    public Work BackwardWork(in Pass pass) => Work.Passes(pass, Output, 2);

    /// <summary>No operator: evaluation drops nothing.</summary>
    public void Export(IOnnxGraph g) => g[Output] = g[Input];
}
