using GpuCtr.Kernels.Onnx;

namespace GpuCtr.Kernels.Dense;

public sealed partial class BatchNorm
{
    /// <inheritdoc/>
    public Work ForwardWork(in Pass pass) => Work.Passes(pass, Output, 2);

    /// <inheritdoc/>
    public Work BackwardWork(in Pass pass) => Work.Passes(pass, Output, 3);

    /// <inheritdoc/>
    public void Export(IOnnxGraph g) => g[Output] = g.Rectified(
        g.Standardized(Output.Name, g[Input], Running.Mean, Running.Variance, Constants.Epsilon, Scale.Gamma, Scale.Beta), Rectifies);
}
