using GpuCtr.Kernels.Numerics;
using ILGPU.Algorithms;

namespace GpuCtr.Kernels.Loss;

/// <summary>Σ e^s as the largest s and a sum that is relative to it, so that nothing overflows (Milakov and Gimelshein 2018).</summary>
/// <param name="highest">max s; −∞ without terms.</param>
/// <param name="sum">Σ e^(s − max).</param>
public readonly struct LogSum(float highest, float sum) : IFloats<LogSum>
{
    /// <summary>The largest exponent.</summary>
    public readonly float Highest = highest;

    /// <summary>The sum relative to e^Highest.</summary>
    public readonly float Sum = sum;

    // Lower than every score, and finite, so that a difference of two is a number.
    internal static LogSum None => new(-3e38f, 0);

    /// <inheritdoc/>
    public LogSum Add(LogSum b)
    {
        float highest = Math.Max(Highest, b.Highest);
        return new(highest, Sum * XMath.Exp(Highest - highest) + b.Sum * XMath.Exp(b.Highest - highest));
    }

    /// <inheritdoc/>
    public LogSum Add(float a, LogSum b) => Add(new LogSum(b.Highest, a * b.Sum));

    /// <summary>Σ e^s and one more term.</summary>
    internal LogSum With(float score) => Add(new LogSum(score, 1));
}
