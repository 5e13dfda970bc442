using GpuCtr.Kernels.Onnx;

namespace GpuCtr.Kernels.Dense;

public sealed partial class Add
{
    /// <inheritdoc/>
    public Work ForwardWork(in Pass pass) => Work.Passes(pass, Output, Inputs.Count + 1);

    /// <inheritdoc/>
    public Work BackwardWork(in Pass pass) => Work.Passes(pass, Output, Inputs.Count + 1);

    /// <inheritdoc/>
    public void Export(IOnnxGraph g) => g[Output] = g.Node("Sum", [.. Inputs.Select(t => g[t])]);
}
