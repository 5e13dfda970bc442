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
        _ => g.Node("PRelu", g[Input], g.Weight(Alpha!)),
    };
}
