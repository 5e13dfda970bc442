namespace GpuCtr.Models.Tests;

/// <summary>The elements of the model for a parameter of a golden file.</summary>
/// <param name="Tensor">Name of our tensor.</param>
/// <param name="Element">Our element for an element of the file; −1: there is none.</param>
internal sealed record GoldenPlace(string Tensor, Func<int, long> Element)
{
    /// <summary>In the same order, from element <paramref name="first"/> of ours.</summary>
    public GoldenPlace(string tensor, long first = 0)
        : this(tensor, i => first + i)
    {
    }
}
