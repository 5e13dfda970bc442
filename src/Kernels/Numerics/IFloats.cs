namespace GpuCtr.Kernels.Numerics;

/// <summary>So many floats that a GPU takes at a time: <see cref="Float4"/> where a row has a multiple of four, else <see cref="Float1"/>.</summary>
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
