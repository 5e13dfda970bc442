using GpuCtr.Kernels.Onnx;

namespace GpuCtr.Kernels.Recurrent;

public sealed partial class NextItemDots
{
    /// <inheritdoc/>
    public Work ForwardWork(in Pass pass) => Work.Passes(pass, Items.States, 3);

    /// <inheritdoc/>
    public Work BackwardWork(in Pass pass) => Work.Passes(pass, Items.States, 6);

    /// <summary>No score depends on pairs: there is nothing to export.</summary>
    public void Export(IOnnxGraph g)
    {
    }
}
