using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Recurrent;

/// <summary>The weights of a GRU, in PyTorch's blocks r, z, n.</summary>
/// <param name="Input">W (3H, I).</param>
/// <param name="Hidden">U (3H, H).</param>
/// <param name="InputBias">(1, 3H).</param>
/// <param name="HiddenBias">(1, 3H).</param>
public sealed record GruWeights(Tensor Input, Tensor Hidden, Tensor InputBias, Tensor HiddenBias)
{
    /// <summary>I: width of the input.</summary>
    public int Inputs => Input.Columns;

    /// <summary>H: width of the state.</summary>
    public int Units => Hidden.Columns;

    /// <summary>Whether the shapes fit together.</summary>
    internal bool Fit => Input.Rows == 3 * Units && Hidden.Rows == 3 * Units && InputBias.Length == 3 * Units && HiddenBias.Length == 3 * Units;
}
