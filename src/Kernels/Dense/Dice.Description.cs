using GpuCtr.Kernels.Onnx;

namespace GpuCtr.Kernels.Dense;

public sealed partial class Dice
{
    /// <inheritdoc/>
    public Work ForwardWork(in Pass pass) => Work.Passes(pass, Output, 2);

    /// <inheritdoc/>
    public Work BackwardWork(in Pass pass) => Work.Passes(pass, Output, 3);

    /// <inheritdoc/>
    public void Export(IOnnxGraph g) => g[Output] = Export(g, Tensors, Output.Name);

    /// <summary>The value of Dice(x), from running averages.</summary>
    internal static string Export(IOnnxGraph g, in DiceTensors t, string name)
    {
        string x = g[t.X];
        return g.Gated(name, x, g.Standardized(name, x, t.RunningMean, t.RunningVariance, t.Constants.Epsilon), t.Alpha);
    }
}
