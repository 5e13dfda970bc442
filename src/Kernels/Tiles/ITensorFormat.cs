using GpuCtr.Kernels.Numerics;

namespace GpuCtr.Kernels.Tiles;

/// <summary>How elements of factors stand in the words of 32 bits that <see cref="TensorCore"/> multiplies: one in a word, or two.</summary>
/// <remarks>
/// Which two does not matter as long as both factors pair the same depths: those that one thread brings are eight apart.
/// Words travel as floats, which are moved and never computed with.
/// </remarks>
internal interface ITensorFormat
{
    /// <summary>Slices, each eight words deep, that 16 elements along K fill.</summary>
    static abstract int Slices { get; }

    /// <summary>A word of slice <paramref name="slice"/>, of the elements at depth k and k + 8, rounded.</summary>
    static abstract float Word(int slice, float x, float behind);

    /// <summary>The instruction: c (16, 8) + a (16, 8 words) · b (8 words, 8), by fragments; <paramref name="b"/> and <paramref name="behind"/> are those of B.</summary>
    static abstract Float4 Multiply(Float4 c, Float4 a, float b, float behind);

    /// <summary>What the instruction adds for one word of each factor: the sum of the products of their elements.</summary>
    static abstract float Product(float a, float b);
}
