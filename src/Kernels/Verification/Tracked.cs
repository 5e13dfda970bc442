using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>The role of a tensor for the op under test.</summary>
internal enum TensorRole
{
    /// <summary>Read and not changed; its gradient, if it has one, is checked.</summary>
    Input,

    /// <summary>Written; starts as NaN.</summary>
    Output,

    /// <summary>Read and written.</summary>
    State,
}

/// <summary>A tensor of a trial.</summary>
/// <param name="Tensor">Where it lives.</param>
/// <param name="Role">What it is.</param>
/// <param name="Elements">Number of elements that the pass uses; later ones stay NaN.</param>
/// <param name="Start">Values of inputs and states before the run.</param>
/// <param name="Upstream">Weights of an output in the loss Σ upstream · output; null: the output is not in the loss.</param>
/// <param name="Terms">Number of terms summed in each value (outputs and states) or each gradient (inputs).</param>
/// <param name="GradientStart">Value of the gradient before the run: NaN if the op must write all of it.</param>
internal sealed record Tracked(
    Tensor Tensor, TensorRole Role, int Elements, float[] Start, float[]? Upstream, int Terms, float GradientStart = float.NaN)
{
    /// <summary>Whether its gradient is checked by finite differences.</summary>
    public bool HasCheckedGradient => Role == TensorRole.Input && Tensor.Gradient is not null;
}
