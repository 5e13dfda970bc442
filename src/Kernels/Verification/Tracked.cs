using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>What a tensor is to the op under test.</summary>
internal enum TensorRole
{
    /// <summary>Read, and left as it was; its gradient, where it has one, is checked.</summary>
    Input,

    /// <summary>Written; starts as NaN.</summary>
    Output,

    /// <summary>Read and written.</summary>
    State,
}

/// <summary>A tensor of a trial.</summary>
/// <param name="Tensor">Where it lives.</param>
/// <param name="Role">What it is.</param>
/// <param name="Elements">How many elements the pass uses; those behind them stay NaN.</param>
/// <param name="Start">Values of inputs and states before the run.</param>
/// <param name="Upstream">Weights of an output in the loss Σ upstream · output; null: not in the loss, nobody reads the output.</param>
/// <param name="Terms">Length of the sum behind each value (outputs and states) or each gradient (inputs).</param>
/// <param name="GradientStart">What the gradient holds before the run: NaN where the op must write all of it.</param>
internal sealed record Tracked(
    Tensor Tensor, TensorRole Role, int Elements, float[] Start, float[]? Upstream, int Terms, float GradientStart = float.NaN)
{
    /// <summary>Whether its gradient is checked by finite differences.</summary>
    public bool HasCheckedGradient => Role == TensorRole.Input && Tensor.Gradient is not null;
}
