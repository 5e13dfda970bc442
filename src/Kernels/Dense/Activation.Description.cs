using GpuCtr.Kernels.Onnx;

namespace GpuCtr.Kernels.Dense;

public sealed partial class Activation
{
    /// <inheritdoc/>
    public Work ForwardWork(in Pass pass) => Work.Passes(pass, Output, 2);

    /// <inheritdoc/>
    public Work BackwardWork(in Pass pass) => Work.Passes(pass, Output, 3);

    /// <inheritdoc/>
    public void Export(IOnnxGraph g) => g[Output] = Kind switch
    {
        ActivationKind.Relu => g.Node("Relu", g[Input]),
        // Its slope below zero is ONNX's own default, 0.01.
        ActivationKind.LeakyRelu => g.Node("LeakyRelu", g[Input]),
        ActivationKind.Sigmoid => g.Node("Sigmoid", g[Input]),
        ActivationKind.Tanh => g.Node("Tanh", g[Input]),
        ActivationKind.Gelu => Gelu(g, g[Input]),
        _ => g.Node("PRelu", g[Input], g.Weight(Alpha!)),
    };

    /// <summary>½ x (1 + erf(x / √2)); opset 17 has no Gelu.</summary>
    private static string Gelu(IOnnxGraph g, string x)
    {
        string twice = g.Node("Add", g.Node("Erf", g.Node("Mul", x, g.Number(float.Sqrt(0.5f)))), g.Number(1));
        return g.Node("Mul", g.Node("Mul", x, g.Number(0.5f)), twice);
    }
}
