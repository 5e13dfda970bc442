using GpuCtr.Kernels.Onnx;

namespace GpuCtr.Kernels.Recurrent;

public sealed partial class LastState
{
    /// <inheritdoc/>
    public Work ForwardWork(in Pass pass) => Work.Passes(pass, Output, 2);

    /// <inheritdoc/>
    public Work BackwardWork(in Pass pass) => Work.Passes(pass, Output, 2);

    /// <summary>States are kept at padding positions, so the last column of a padded history is the state after its last position.</summary>
    public void Export(IOnnxGraph g) => g[Output] = g.Node("Gather", ("axis", 1), g[Input], g.Integer(-1));
}
