using GpuCtr.Kernels.Numerics;

namespace GpuCtr.Kernels.Tiles;

/// <summary>Layout of elements in the 32-bit words that <see cref="TensorCore"/> multiplies: one or two per word.</summary>
/// <remarks>
/// Which two share a word does not matter as long as both factors pair the same depths; here they are eight apart, because one thread loads both.
/// Words are passed as floats that are only moved, never computed with.
/// </remarks>
internal interface ITensorFormat
{
    /// <summary>Number of slices (each eight words deep) that 16 elements along K fill.</summary>
    static abstract int Slices { get; }

    /// <summary>A word of slice <paramref name="slice"/>, of the elements at depth k and k + 8, rounded.</summary>
    static abstract float Word(int slice, float x, float behind);

    /// <summary>The instruction: c (16, 8) + a (16, 8 words) · b (8 words, 8), by fragments; <paramref name="b"/> and <paramref name="behind"/> are the fragments of B.</summary>
    static abstract Float4 Multiply(Float4 c, Float4 a, float b, float behind);

    /// <summary>The term of the instruction for one word of each factor: the sum of the products of their elements.</summary>
    static abstract float Product(float a, float b);
}
