using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Optimizers;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>RowwiseAdagrad: s += mean of g², w −= η g / (√s + ε), on the rows of the batch, with other rows unchanged; or on all rows, with L2, whose gradient is cleared afterwards.</summary>
internal static class RowwiseAdagradCases
{
    // Touched rows are those of the batch; null: all rows move.
    private readonly record struct Shape(int Rows, int D, int? Touched, float Scale = 1, float L2 = 0);

    private static readonly Shape[] Shapes =
    [
        new(1, 1, 1), new(9, 3, 4), new(40, 17, 40), new(40, 12, 33), new(700, 16, 600), new(300, 40, 290), new(20, 4, 7, 0.5f), new(20, 20, 7, 0), new(9, 4, 0),
        new(1, 2, null), new(600, 16, null), new(70, 5, null, 0.5f, 0.1f), new(300, 8, null, 1, 0.1f), new(30, 8, null, 0, 0.1f), new(30, 7, null, 0),
    ];

    public static IEnumerable<OpCase> All() => OpCase.Each("row-wise Adagrad", Shapes, Record);

    private static void Record(Trial t, Shape s)
    {
        t.StepFactorValue = s.Scale;
        UpdateRule rule = UpdateRule.Of(OptimizerKind.RowwiseAdagrad);
        Random random = t.Random("rows");
        int[] moved = s.Touched is { } count ? [.. Enumerable.Range(0, s.Rows).OrderBy(_ => random.Next()).Take(count).Order()] : [.. Enumerable.Range(0, s.Rows)];
        Tensor table = t.State(t.Workspace.Tensor("table", s.Rows, s.D), terms: s.D);
        Tensor gradient = s.Touched is null ? t.State(t.Workspace.Tensor("gradient", s.Rows, s.D)) : t.Parameter("gradient", Math.Max(1, moved.Length), s.D, gradient: false);
        DeviceArray<StepScalars> scalars = t.Workspace.Array<StepScalars>("scalars", 1);
        t.Upload(scalars, rule.Scalars(3, UpdateFormula.LearningRate, lazyTables: true));
        SortedLookups? positions = s.Touched is null ? null : Positions.Of(t, Math.Max(1, moved.Length), s.Rows, moved.Select((row, i) => (row, i)));
        RowwiseAdagrad op = new(t.Workspace, table, gradient, positions, rule, s.L2, scalars, t.StepFactor);
        t.State(op.State.Square, _ => random.NextSingle() + 0.01f, terms: s.D);
        t.Forward(_ => op.Run());
        t.Reference(v =>
        {
            for (int i = 0; i < moved.Length; i++)
                Move(v[table].AsSpan(moved[i] * s.D, s.D), v[gradient].AsSpan(i * s.D, s.D), ref v[op.State.Square][moved[i]], s, rule.Epsilon);
        });
    }

    private static void Move(Span<double> w, Span<double> dw, ref double sum, Shape s, double epsilon)
    {
        double[] g = new double[w.Length];
        for (int d = 0; d < w.Length; d++)
            g[d] = (dw[d] + s.L2 * w[d]) * s.Scale;
        if (s.Touched is null)
            dw.Clear();
        if (s.Scale == 0)
            return;
        double squares = 0;
        foreach (double x in g)
            squares += x * x;
        sum += squares / w.Length;
        for (int d = 0; d < w.Length; d++)
            w[d] -= UpdateFormula.LearningRate * g[d] / (Math.Sqrt(sum) + epsilon);
    }
}
