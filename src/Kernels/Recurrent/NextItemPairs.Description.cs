using GpuCtr.Kernels.Onnx;

namespace GpuCtr.Kernels.Recurrent;

public sealed partial class NextItemPairs
{
    /// <inheritdoc/>
    public Work ForwardWork(in Pass pass) => Work.Passes(pass, Output, 2);

    /// <inheritdoc/>
    public Work BackwardWork(in Pass pass) => Work.Passes(pass, Output, 2);

    /// <summary>No score depends on pairs: there is nothing to export.</summary>
    public void Export(IOnnxGraph g)
    {
    }
}
