namespace GpuCtr.Models.Tests;

/// <summary>Where the elements of a parameter of a golden file live in the model.</summary>
/// <param name="Tensor">Name of our tensor.</param>
/// <param name="Element">Our element for one of the file's; −1: ours has none.</param>
internal sealed record GoldenPlace(string Tensor, Func<int, long> Element)
{
    /// <summary>In the same order, from element <paramref name="first"/> of ours.</summary>
    public GoldenPlace(string tensor, long first = 0)
        : this(tensor, i => first + i)
    {
    }
}
