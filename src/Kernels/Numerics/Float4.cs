namespace GpuCtr.Kernels.Numerics;

/// <summary>Four floats that a GPU loads and stores in one instruction.</summary>
/// <remarks>A structure of named fields: as an accumulator it stays in registers, which an array would not.</remarks>
public readonly struct Float4(float x, float y = 0, float z = 0, float w = 0) : IFloats<Float4>
{
    /// <summary>The four.</summary>
    public readonly float X = x, Y = y, Z = z, W = w;

    /// <inheritdoc/>
    public Float4 Add(Float4 b) => new(X + b.X, Y + b.Y, Z + b.Z, W + b.W);

    /// <summary>a · this.</summary>
    internal Float4 Times(float a) => new(a * X, a * Y, a * Z, a * W);

    /// <summary>Products of the elements.</summary>
    internal Float4 Times(Float4 b) => new(X * b.X, Y * b.Y, Z * b.Z, W * b.W);

    /// <summary>X + Y + Z + W.</summary>
    internal float Sum => X + Y + (Z + W);

    /// <inheritdoc/>
    public Float4 Add(float a, Float4 b) => new(X + a * b.X, Y + a * b.Y, Z + a * b.Z, W + a * b.W);
}
