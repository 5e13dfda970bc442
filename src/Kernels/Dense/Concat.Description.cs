using GpuCtr.Kernels.Onnx;

namespace GpuCtr.Kernels.Dense;

public sealed partial class Concat
{
    /// <inheritdoc/>
    public Work ForwardWork(in Pass pass) => Work.Passes(pass, Output, 2);

    /// <inheritdoc/>
    public Work BackwardWork(in Pass pass) => Work.Passes(pass, Output, 2);

    /// <inheritdoc/>
    public void Export(IOnnxGraph g) => g[Output] =
        g.Node("Concat", ("axis", -1), [.. new[] { Inputs.A, Inputs.B }.Where(t => t.Columns > 0).Select(t => g[t])]);
}
