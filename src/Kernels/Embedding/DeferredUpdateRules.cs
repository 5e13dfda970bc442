using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Optimizers;

namespace GpuCtr.Kernels.Embedding;

/// <summary>Any number of steps of Adam, or of SGD with momentum, without a gradient, in closed form: one rule for all rows that have missed the same steps.</summary>
/// <remarks>
/// With x = √v before the first missed step, missed step j moves w by −m c_j / (x + e_j), where c_j = size_j (β₁/√β₂)ʲ and e_j = ε_j / √β₂ʲ, so
///   Σ_j c_j / (x + e_j) = ∫ dμ(e) / (x + e),  μ the measure with weight c_j at e_j; the values e_j lie close together.
/// Its three-point Gauss quadrature has the same six first moments (Golub and Welsch 1969); as a continued fraction, α and β the recurrence coefficients (not the optimizer's),
///   μ₀ / (x + α₀ − β₁ / (x + α₁ − β₂ / (x + α₂))),
/// exact for three steps; for any number of steps the relative error is below 2e-7 once bias correction of v changes slowly, from step 100 on.
/// Earlier steps are applied one by one (<see cref="StepsBefore"/>).
/// Momentum moves w by −m Σ_j η_j μʲ: the same sum with x = 0 and every e_j = 1, for which the rule is exact.
/// </remarks>
internal sealed class DeferredUpdateRules(UpdateRule rule)
{
    // √(1 − β₂ᵗ) at step 100 with β₂ = 0.999: for any β₂, correction changes as slowly once it has reached this value.
    private const float SlowCorrection = 0.31f;

    // Relative weight below which older steps are negligible: with β₁ = 0.9, those before the last 200.
    private const double Forgotten = 7.1e-10;

    private readonly DeferredUpdateRule[] rules = new DeferredUpdateRule[UpdateLog.Capacity];
    private readonly QuadratureMoments[] moments = new QuadratureMoments[UpdateLog.Capacity];
    private readonly double[] decay = new double[UpdateLog.Capacity];
    private readonly float[] meanDecay = Powers(MeanDecay(rule)), squareDecay = Powers(rule.Beta2);
    private readonly int window = (int)Math.Clamp(Math.Ceiling(Math.Log(Forgotten) / Math.Log(MeanDecay(rule))), 1, UpdateLog.Capacity);
    private int quick;

    /// <summary>Steps on record.</summary>
    public int Count { get; private set; }

    /// <summary>Clears all steps.</summary>
    public void Clear() => (Count, quick) = (0, 0);

    /// <summary>Adds a step to the rules of all rows that miss it.</summary>
    public void Append(in StepScalars step)
    {
        int now = Count++;
        bool momentum = rule.Kind == OptimizerKind.Sgd;
        if (!momentum && step.TableEpsilon < rule.Epsilon * SlowCorrection)
            quick = Count;
        (rules[now], moments[now], decay[now]) = (new DeferredUpdateRule { Alpha0 = 1, Decay = 1 }, default, 1);
        if (rule.Kind == OptimizerKind.AdamW)
            Decay(1 - (double)step.LearningRate * rule.WeightDecay);
        (double size, double epsilon, double ratio) = momentum ? (step.LearningRate, 1, 1) : (step.StepSize, step.TableEpsilon, 1 / Math.Sqrt(rule.Beta2));
        for (int from = now; from >= Math.Max(0, now - window + 1); from--)
        {
            (size, epsilon) = (size * MeanDecay(rule) * ratio, epsilon * ratio);
            moments[from].Add(size, epsilon);
            moments[from].Write(ref rules[from]);
        }
    }

    /// <summary>Number of steps that a row that has seen <paramref name="seen"/> must have seen before the rest can be applied at once.</summary>
    public int StepsBefore(int seen) => Math.Max(seen, quick);

    /// <summary>Applies all steps after the first <paramref name="seen"/> to 16 weights.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Apply(int seen, ref Vector512<float> w, ref Vector512<float> m, ref Vector512<float> v)
    {
        ref readonly DeferredUpdateRule r = ref rules[seen];
        Vector512<float> one = Vector512<float>.One;
        Vector512<float> u = Vector512.Create(r.Alpha0) / (Vector512.Sqrt(v) + Vector512.Create(r.Alpha0));
        Vector512<float> last = one + u * r.Delta2, inner = (one + u * r.Delta1) * last - u * u * r.Beta2;
        w = w * r.Decay - m * r.Scale * u * inner / (inner - u * u * r.Beta1 * last);
        rule.Decay(ref m, ref v, meanDecay[Count - seen], squareDecay[Count - seen]);
    }

    /// <summary>Factor by which decoupled decay shrinks a weight and its earlier moves. In float64, because a float would be rounded in the same direction in every step.</summary>
    private void Decay(double factor)
    {
        for (int from = 0; from < Count; from++)
        {
            rules[from].Decay = (float)(decay[from] *= factor);
            moments[from].Scale(factor, ref rules[from]);
        }
    }

    /// <summary>Factor of m per step.</summary>
    /// <exception cref="Devices.KernelException">There is no closed form for the optimizer.</exception>
    private static float MeanDecay(UpdateRule rule) => rule.Kind switch
    {
        OptimizerKind.Sgd => rule.Momentum,
        OptimizerKind.Adam or OptimizerKind.AdamW => rule.Beta1,
        _ => throw new Devices.KernelException($"deferred updates: steps of {rule.Kind} have no closed form"),
    };

    private static float[] Powers(double factor) => [.. Enumerable.Range(0, UpdateLog.Capacity + 1).Select(k => (float)Math.Pow(factor, k))];
}

/// <summary>The continued fraction of <see cref="DeferredUpdateRules"/> in u = α₀ / (x + α₀): μ₀ / α₀, α₀, and the others relative to α₀.</summary>
internal struct DeferredUpdateRule
{
    public float Scale, Alpha0, Delta1, Delta2, Beta1, Beta2;

    /// <summary>Factor of the weight: Π (1 − η λ).</summary>
    public float Decay;
}
