using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Numerics;
using ILGPU.Algorithms;

namespace GpuCtr.Kernels.Optimizers;

/// <summary>The optimizers, with the formulas of PyTorch where it has them. <see cref="Ftrl"/> is for first-order weights only.</summary>
public enum OptimizerKind
{
    /// <summary>w ← w − η g; with momentum μ &gt; 0: m ← μ m + g,  w ← w − η m (Polyak 1964; as in PyTorch, without dampening).</summary>
    Sgd,

    /// <summary>v ← v + g²,  w ← w − η g / (√v + ε)  (Duchi et al. 2011).</summary>
    Adagrad,

    /// <summary>m ← β₁ m + (1−β₁) g,  v ← β₂ v + (1−β₂) g²,  w ← w − s m / (√v + ε')  (Kingma and Ba 2015; s, ε' in <see cref="StepScalars"/>).</summary>
    Adam,

    /// <summary>Adam after w ← (1 − η λ) w (Loshchilov and Hutter 2019).</summary>
    AdamW,

    /// <summary>Adagrad with one v per table row: v ← v + mean_d g_d². It sums over rows and therefore has its own kernel, <see cref="Embedding.RowwiseAdagrad"/>.</summary>
    RowwiseAdagrad,

    /// <summary>z ← z + g − (√(n + g²) − √n) w / α,  n ← n + g²,  w ← |z| ≤ λ₁ ? 0 : −(z − sign(z) λ₁) / ((β + √n) / α + λ₂): FTRL-proximal (McMahan et al., KDD 2013). z is stored in m, n in v. α is not affected by learning rate schedules, because √n acts as one.</summary>
    Ftrl,
}

/// <summary>An optimizer with its constants.</summary>
/// <param name="Kind">The formula.</param>
/// <param name="Beta1">β₁.</param>
/// <param name="Beta2">β₂.</param>
/// <param name="Epsilon">ε.</param>
/// <param name="WeightDecay">λ of AdamW.</param>
/// <param name="Momentum">μ of SGD.</param>
/// <param name="Alpha">α of FTRL.</param>
/// <param name="Beta">β of FTRL.</param>
/// <param name="L1">λ₁ of FTRL: weights whose evidence is below it are exactly 0.</param>
/// <param name="L2">λ₂ of FTRL.</param>
public readonly record struct UpdateRule(
    OptimizerKind Kind, float Beta1 = 0.9f, float Beta2 = 0.999f, float Epsilon = 1e-8f, float WeightDecay = 0, float Momentum = 0, float Alpha = 0.1f, float Beta = 1, float L1 = 0, float L2 = 0)
{
    // State that keeps decaying becomes denormal, which is a hundred times slower and moves no weight.
    private const float FlushMean = 1e-30f, FlushSquare = 1e-35f;

    // PyTorch's ε of Adagrad. The ε of Adam there and of row-wise Adagrad in FBGEMM is the default of this record.
    private const float AdagradEpsilon = 1e-10f;

    /// <summary>The rule of that kind with PyTorch's default constants; row-wise Adagrad with FBGEMM's.</summary>
    /// <param name="kind">The formula.</param>
    /// <param name="momentum">μ of SGD; ignored by the others.</param>
    public static UpdateRule Of(OptimizerKind kind, float momentum = 0) => new(
        kind, Epsilon: kind == OptimizerKind.Adagrad ? AdagradEpsilon : 1e-8f, WeightDecay: kind == OptimizerKind.AdamW ? 0.01f : 0, Momentum: kind == OptimizerKind.Sgd ? momentum : 0);

    /// <summary>Whether a weight moves in a step in which it has no gradient.</summary>
    public bool MovesWithoutGradient => Kind is OptimizerKind.Adam or OptimizerKind.AdamW || HasMomentum;

    /// <summary>The scalars of step <paramref name="step"/> (from 1).</summary>
    /// <param name="step">t.</param>
    /// <param name="learningRate">η.</param>
    /// <param name="lazyTables">Tables use plain ε next to the uncorrected √v, as SparseAdam does.</param>
    public StepScalars Scalars(int step, double learningRate, bool lazyTables)
    {
        double root = Math.Sqrt(1 - Math.Pow(Beta2, step)), correction1 = 1 - Math.Pow(Beta1, step);
        return new StepScalars
        {
            Step = step,
            LearningRate = (float)learningRate,
            StepSize = (float)(learningRate * root / correction1),
            DenseEpsilon = (float)(Epsilon * root),
            TableEpsilon = (float)(Epsilon * (lazyTables ? 1 : root)),
        };
    }

    /// <summary>Whether there is an m.</summary>
    internal bool KeepsMeans => Kind is OptimizerKind.Adam or OptimizerKind.AdamW or OptimizerKind.Ftrl || HasMomentum;

    /// <summary>Whether there is a v.</summary>
    internal bool KeepsSquares => Kind != OptimizerKind.Sgd;

    /// <summary>Whether the rule works on whole table rows.</summary>
    internal bool IsRowwise => Kind == OptimizerKind.RowwiseAdagrad;

    /// <summary>The rule of tables with one column: row-wise Adagrad is Adagrad there, with its own ε.</summary>
    internal UpdateRule OfOneColumn => ByWeight(Epsilon);

    /// <summary>The rule of dense parameters, which have no rows: instead of row-wise Adagrad, PyTorch's Adagrad with the ε that PyTorch has.</summary>
    internal UpdateRule OfDense => ByWeight(AdagradEpsilon);

    private UpdateRule ByWeight(float epsilon) => IsRowwise ? this with { Kind = OptimizerKind.Adagrad, Epsilon = epsilon } : this;

    private bool HasMomentum => Kind == OptimizerKind.Sgd && Momentum > 0;

    /// <summary>Updates one weight; <paramref name="epsilon"/> is Adam's in this step.</summary>
    internal void Apply(ref float w, float g, ref float m, ref float v, StepScalars s, float epsilon)
    {
        if (Kind == OptimizerKind.Sgd)
        {
            if (Momentum > 0)
            {
                float sum = Momentum * m + g;
                g = m = XMath.Abs(sum) < FlushMean ? 0 : sum;
            }
            w -= s.LearningRate * g;
            return;
        }
        if (Kind == OptimizerKind.Adagrad)
        {
            v += g * g;
            w -= s.LearningRate * g / (XMath.Sqrt(v) + Epsilon);
            return;
        }
        if (Kind == OptimizerKind.Ftrl)
        {
            float root = XMath.Sqrt(v + g * g);
            m += g - (root - XMath.Sqrt(v)) * w / Alpha;
            v += g * g;
            float beyond = XMath.Abs(m) - L1, size = beyond / ((Beta + root) / Alpha + L2);
            w = beyond <= 0 ? 0 : m > 0 ? -size : size;
            return;
        }
        if (Kind == OptimizerKind.AdamW)
            w *= 1 - s.LearningRate * WeightDecay;
        float mean = Beta1 * m + (1 - Beta1) * g, square = Beta2 * v + (1 - Beta2) * g * g;
        m = XMath.Abs(mean) < FlushMean ? 0 : mean;
        v = square < FlushSquare ? 0 : square;
        w -= s.StepSize * m / (XMath.Sqrt(v) + epsilon);
    }

    /// <summary>Updates four weights.</summary>
    internal void Apply(ref Float4 w, Float4 g, ref Float4 m, ref Float4 v, StepScalars s, float epsilon)
    {
        float w0 = w.X, w1 = w.Y, w2 = w.Z, w3 = w.W, m0 = m.X, m1 = m.Y, m2 = m.Z, m3 = m.W, v0 = v.X, v1 = v.Y, v2 = v.Z, v3 = v.W;
        Apply(ref w0, g.X, ref m0, ref v0, s, epsilon);
        Apply(ref w1, g.Y, ref m1, ref v1, s, epsilon);
        Apply(ref w2, g.Z, ref m2, ref v2, s, epsilon);
        Apply(ref w3, g.W, ref m3, ref v3, s, epsilon);
        (w, m, v) = (new(w0, w1, w2, w3), new(m0, m1, m2, m3), new(v0, v1, v2, v3));
    }

    /// <summary>Updates 16 weights, by the same formulas.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Apply(ref Vector512<float> w, Vector512<float> g, ref Vector512<float> m, ref Vector512<float> v, in StepScalars s, float epsilon)
    {
        if (Kind == OptimizerKind.Sgd)
        {
            if (Momentum > 0)
                g = m = FlushMeans(m * Momentum + g);
            w -= g * s.LearningRate;
            return;
        }
        if (Kind == OptimizerKind.Adagrad)
        {
            v += g * g;
            w -= g * s.LearningRate / (Vector512.Sqrt(v) + Vector512.Create(Epsilon));
            return;
        }
        if (Kind == OptimizerKind.Ftrl)
        {
            Vector512<float> squares = v + g * g, root = Vector512.Sqrt(squares), alpha = Vector512.Create(Alpha);
            m += g - (root - Vector512.Sqrt(v)) * w / alpha;
            v = squares;
            Vector512<float> beyond = Vector512.Abs(m) - Vector512.Create(L1), size = beyond / ((root + Vector512.Create(Beta)) / alpha + Vector512.Create(L2));
            w = Vector512.ConditionalSelect(Vector512.LessThanOrEqual(beyond, Vector512<float>.Zero), Vector512<float>.Zero, Vector512.CopySign(size, -m));
            return;
        }
        if (Kind == OptimizerKind.AdamW)
            w *= 1 - s.LearningRate * WeightDecay;
        Flush(m * Beta1 + g * (1 - Beta1), v * Beta2 + g * g * (1 - Beta2), out m, out v);
        w -= m * s.StepSize / (Vector512.Sqrt(v) + Vector512.Create(epsilon));
    }

    /// <summary>v after steps without a gradient, <paramref name="factor"/> = β₂ᵏ.</summary>
    internal float DecaySquare(float v, float factor) => v * factor < FlushSquare ? 0 : v * factor;

    /// <summary>m and v after steps without a gradient.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Decay(ref Vector512<float> m, ref Vector512<float> v, float meanFactor, float squareFactor) =>
        Flush(m * meanFactor, v * squareFactor, out m, out v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Flush(Vector512<float> mean, Vector512<float> square, out Vector512<float> m, out Vector512<float> v)
    {
        m = FlushMeans(mean);
        v = Vector512.ConditionalSelect(Vector512.LessThan(square, Vector512.Create(FlushSquare)), Vector512<float>.Zero, square);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> FlushMeans(Vector512<float> mean) =>
        Vector512.ConditionalSelect(Vector512.LessThan(Vector512.Abs(mean), Vector512.Create(FlushMean)), Vector512<float>.Zero, mean);
}
