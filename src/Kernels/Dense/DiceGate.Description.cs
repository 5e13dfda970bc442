using GpuCtr.Kernels.Onnx;

namespace GpuCtr.Kernels.Dense;

public sealed partial class DiceGate
{
    /// <inheritdoc/>
    public Work ForwardWork(in Pass pass) => Work.Passes(pass, Output, 3);

    /// <inheritdoc/>
    public Work BackwardWork(in Pass pass) => Work.Passes(pass, Output, 5);

    /// <inheritdoc/>
    public void Export(IOnnxGraph g) => g[Output] = g.Gated(Output.Name, g[Input], g[Gate], Alpha);
}
