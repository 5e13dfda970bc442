using GpuCtr.Kernels.Optimizers;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>The optimizers in float64 as in their papers and in PyTorch, with bias-corrected means instead of a step size.</summary>
internal sealed class UpdateFormula
{
    public const double LearningRate = 0.05;

    private readonly Tensor weights, mean, square;
    private readonly UpdateRule rule;
    private readonly int step;
    private readonly bool sparse;

    /// <summary>The rules for single weights, SGD with momentum among them.</summary>
    public static IEnumerable<(OptimizerKind Kind, float Momentum)> Rules =>
        [.. Enum.GetValues<OptimizerKind>().Where(kind => !UpdateRule.Of(kind).IsRowwise).Select(kind => (kind, 0f)), (OptimizerKind.Sgd, 0.9f)];

    /// <summary>A rule with all of its terms.</summary>
    public static UpdateRule Rule(OptimizerKind kind, float momentum) => UpdateRule.Of(kind, momentum) with { L1 = 0.2f, L2 = 0.5f };

    /// <summary>Fills the state of weights with random numbers, if the rule has state.</summary>
    public UpdateFormula(Trial t, Tensor weights, OptimizerState state, UpdateRule rule, int step, bool sparse)
    {
        (this.weights, mean, square, this.rule, this.step, this.sparse) = (weights, state.Mean, state.Square, rule, step, sparse);
        Random random = t.Random("state");
        t.State(mean);
        t.State(square, _ => random.NextSingle() + 0.01f);
    }

    /// <summary>Updates weight <paramref name="i"/> by gradient <paramref name="g"/>.</summary>
    public void Move(ReferenceValues v, int i, double g)
    {
        double[] w = v[weights], m = v[mean], s = v[square];
        if (rule.Kind == OptimizerKind.Sgd)
        {
            if (rule.Momentum > 0)
                g = m[i] = rule.Momentum * m[i] + g;
            w[i] -= LearningRate * g;
            return;
        }
        if (rule.Kind == OptimizerKind.Adagrad)
        {
            s[i] += g * g;
            w[i] -= LearningRate * g / (Math.Sqrt(s[i]) + rule.Epsilon);
            return;
        }
        if (rule.Kind == OptimizerKind.Ftrl)
        {
            m[i] += g - (Math.Sqrt(s[i] + g * g) - Math.Sqrt(s[i])) / rule.Alpha * w[i];
            s[i] += g * g;
            w[i] = Math.Abs(m[i]) <= rule.L1 ? 0 : -(m[i] - Math.Sign(m[i]) * rule.L1) / ((rule.Beta + Math.Sqrt(s[i])) / rule.Alpha + rule.L2);
            return;
        }
        if (rule.Kind is not (OptimizerKind.Adam or OptimizerKind.AdamW))
            throw new InvalidOperationException($"{rule.Kind} has no reference");
        if (rule.Kind == OptimizerKind.AdamW)
            w[i] -= LearningRate * rule.WeightDecay * w[i];
        m[i] = rule.Beta1 * m[i] + (1.0 - rule.Beta1) * g;
        s[i] = rule.Beta2 * s[i] + (1.0 - rule.Beta2) * g * g;
        double correction1 = 1 - Math.Pow(rule.Beta1, step), correction2 = 1 - Math.Pow(rule.Beta2, step);
        w[i] -= sparse
            ? LearningRate * Math.Sqrt(correction2) / correction1 * m[i] / (Math.Sqrt(s[i]) + rule.Epsilon)
            : LearningRate * (m[i] / correction1) / (Math.Sqrt(s[i] / correction2) + rule.Epsilon);
    }
}
