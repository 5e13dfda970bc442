namespace GpuCtr.Kernels.Numerics;

/// <summary>Four floats that a GPU loads and stores in one instruction.</summary>
/// <remarks>A structure of named fields stays in registers as an accumulator; an array would not.</remarks>
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

/// <summary>The floats that a thread of a GPU handles at a time: <see cref="Float4"/> if rows have a multiple of four, else <see cref="Float1"/>.</summary>
public interface IFloats<T> where T : unmanaged, IFloats<T>
{
    /// <summary>this + b.</summary>
    T Add(T b);

    /// <summary>this + a · b.</summary>
    T Add(float a, T b);
}

/// <summary>One float.</summary>
public readonly struct Float1(float x) : IFloats<Float1>
{
    /// <summary>The one.</summary>
    public readonly float X = x;

    /// <inheritdoc/>
    public Float1 Add(Float1 b) => new(X + b.X);

    /// <inheritdoc/>
    public Float1 Add(float a, Float1 b) => new(X + a * b.X);
}
