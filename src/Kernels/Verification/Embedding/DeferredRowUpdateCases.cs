using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Optimizers;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>DeferredRowUpdate: Adam without a gradient, step by step and with bias-corrected means, and SGD with momentum, on the rows of a batch or on all rows; other rows stay unchanged.</summary>
internal static class DeferredRowUpdateCases
{
    // Touched rows are those of the batch; 0 = all rows catch up. The log holds Count steps, the first with number First.
    private readonly record struct Shape(OptimizerKind Kind, int Rows, int D, int Touched, int First, int Count)
    {
        public UpdateRule Rule => UpdateRule.Of(Kind, momentum: 0.95f);
    }

    private static readonly (int Rows, int D, int Touched, int First, int Count)[] Sizes =
    [
        (1, 1, 1, 1, 1), (9, 3, 4, 1, 3), (40, 17, 40, 90, 60), (40, 5, 0, 1, 150), (60, 16, 30, 500, 4), (300, 16, 280, 3000, 700), (70, 40, 0, 200, 300), (9, 4, 5, 1, 0),
        (600, 1, 0, 1_000_000, 2000),
    ];

    public static IEnumerable<OpCase> All() => OpCase.Each(
        "deferred row update",
        new[] { OptimizerKind.Adam, OptimizerKind.AdamW, OptimizerKind.Sgd }.SelectMany(kind => Sizes.Select(s => new Shape(kind, s.Rows, s.D, s.Touched, s.First, s.Count))), Record);

    private static void Record(Trial t, Shape s)
    {
        UpdateRule rule = s.Rule;
        Random random = t.Random("rows");
        int[] moved = [.. Enumerable.Range(0, s.Rows).OrderBy(_ => random.Next()).Take(s.Touched).Order()];
        // Decoupled decay of one step is within the rounding of w.
        Tensor table = t.State(t.Workspace.Tensor("table", s.Rows, s.D), terms: s.Kind == OptimizerKind.AdamW ? s.Count : 1);
        DeviceArray<StepScalars> scalars = t.Workspace.Array<StepScalars>("scalars", 1);
        SortedLookups positions = Positions.Of(t, Math.Max(1, s.Touched), s.Rows, moved.Select((row, i) => (row, i)));
        OptimizerState state = new(t.Workspace, table, rule);
        t.State(state.Mean, terms: s.Count);
        // From far below ε to far above it.
        t.State(state.Square, _ => MathF.Pow(10, -20 * random.NextSingle()), terms: s.Count);
        UpdateLog log = new(t.Workspace, s.Rows, rule, positions, scalars, t.StepFactor);
        StepScalars[] steps = [.. Enumerable.Range(0, s.Count).Select(i => rule.Scalars(s.First + i, Rate(s.First + i), lazyTables: false))];
        t.Input(log.Steps, fill: i => i / UpdateLog.StepColumns >= s.Count ? 0 : Column(steps[i / UpdateLog.StepColumns], i % UpdateLog.StepColumns));
        t.Input(log.Count, fill: _ => s.Count);
        int[] seen = [.. Enumerable.Range(0, s.Rows).Select(_ => random.Next(3) == 0 ? Math.Max(0, s.Count - random.Next(5)) : random.Next(s.Count + 1))];
        t.Input(log.Seen, fill: row => seen[row]);
        DeferredRowUpdate op = new(t.Device, table, state, positions, log, rule);
        t.Forward(_ =>
        {
            log.Restored();
            if (s.Touched > 0)
                op.RunBatch();
            else
                op.RunAll();
        });
        t.Reference(v =>
        {
            foreach (int row in s.Touched > 0 ? moved : Enumerable.Range(0, s.Rows))
                for (int i = row * s.D; i < (row + 1) * s.D; i++)
                    for (int step = s.First + seen[row]; step < s.First + s.Count; step++)
                    {
                        if (s.Kind == OptimizerKind.Sgd)
                            v[table][i] -= Rate(step) * (v[state.Mean][i] *= rule.Momentum);
                        else
                            Move(rule, step, ref v[table][i], ref v[state.Mean][i], ref v[state.Square][i]);
                    }
        });
    }

    /// <summary>A schedule that rises over 100 steps and falls to a tenth at every 600th.</summary>
    private static double Rate(int step) => (float)(UpdateFormula.LearningRate * Math.Min(1, step / 100.0) * Math.Pow(0.1, step / 600 % 3));

    private static float Column(StepScalars s, int column) => column switch { 0 => s.StepSize, 1 => s.TableEpsilon, _ => s.LearningRate };

    private static void Move(UpdateRule rule, int step, ref double w, ref double m, ref double v)
    {
        (double beta1, double beta2, double rate) = (rule.Beta1, rule.Beta2, Rate(step));
        if (rule.Kind == OptimizerKind.AdamW)
            w *= 1 - rate * rule.WeightDecay;
        (m, v) = (beta1 * m, beta2 * v);
        w -= rate * (m / (1 - Math.Pow(beta1, step))) / (Math.Sqrt(v / (1 - Math.Pow(beta2, step))) + rule.Epsilon);
    }
}
