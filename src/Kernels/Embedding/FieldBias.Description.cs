using GpuCtr.Kernels.Onnx;

namespace GpuCtr.Kernels.Embedding;

public sealed partial class FieldBias
{
    /// <inheritdoc/>
    public Work ForwardWork(in Pass pass) => Work.Floats(2.0 * pass.Rows);

    /// <inheritdoc/>
    public Work BackwardWork(in Pass pass) => Work.Floats(pass.Rows * (columns + 1.0));

    /// <inheritdoc/>
    public void Export(IOnnxGraph g) => g[Output] =
        g.Node("Gather", g.Weight(Weights), g.Node("Gather", ("axis", 1), g.FieldRows!, g.Integer(Field)));
}
