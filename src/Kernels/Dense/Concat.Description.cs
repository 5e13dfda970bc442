using GpuCtr.Kernels.Onnx;

namespace GpuCtr.Kernels.Dense;

public sealed partial class Concat
{
    /// <inheritdoc/>
    public Work ForwardWork(in Pass pass) => Work.Passes(pass, Output, 2);

    /// <inheritdoc/>
    public Work BackwardWork(in Pass pass) => Work.Passes(pass, Output, 2);

    /// <inheritdoc/>
    public void Export(IOnnxGraph g) => g[Output] = g.Concat(-1, [.. Parts.Where(p => p.Columns > 0).Select(p => p.IsWhole ? g[p.From] : ExportColumns(g, p))]);

    private static string ExportColumns(IOnnxGraph g, Part p) => g.Node("Slice", g[p.From], g.Integers(p.First), g.Integers(p.First + p.Columns), g.Integers(-1));
}
