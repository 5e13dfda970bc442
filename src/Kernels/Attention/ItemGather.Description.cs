using GpuCtr.Kernels.Onnx;

namespace GpuCtr.Kernels.Attention;

public sealed partial class ItemGather
{
    /// <inheritdoc/>
    public Work ForwardWork(in Pass pass) => Work.Passes(pass, Output, 2);

    /// <inheritdoc/>
    public Work BackwardWork(in Pass pass) => Work.Passes(pass, Output, 3);

    /// <inheritdoc/>
    /// <remarks>Outside of training, an item is predicted at the last valid entry of a sequence, wherever the padding is.</remarks>
    public void Export(IOnnxGraph g) => g[Output] = history.HasTarget
        ? g.Node("Gather", ("axis", 1), g[Input], g.Integer(-1))
        : g.Sum(g.Node("Mul", g[Input], history.ExportLast(g)), 1);
}
