using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Optimizers;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>RowUpdate: the rule on the rows of the batch, every other row as it was.</summary>
internal static class RowUpdateCases
{
    public static IEnumerable<OpCase> All()
    {
        foreach ((string name, UpdateRule rule) in UpdateFormula.Rules)
        {
            foreach ((int rows, int d, int touched) in new[] { (1, 1, 1), (9, 3, 4), (40, 17, 40), (40, 12, 33), (700, 16, 600), (700, 1, 605) })
                yield return Case(name, rule, rows, d, touched, 1, 3);
            yield return Case(name, rule, 9, 20, 5, 0.5f, 1);
            yield return Case(name, rule, 9, 20, 5, 0, 1);
            yield return Case(name, rule, 40, 1, 21, 0.5f, 1);
            yield return Case(name, rule, 40, 1, 21, 0, 1);
            yield return Case(name, rule, 9, 4, 0, 1, 2);
        }
    }

    private static OpCase Case(string name, UpdateRule rule, int rows, int d, int touched, float scale, int step) =>
        new("row update", $"{name} {touched} of {rows}x{d} step {step} scale {scale}", t =>
        {
            t.GuardFactor = scale;
            Random random = t.Random("rows");
            int[] moved = Enumerable.Range(0, rows).OrderBy(_ => random.Next()).Take(touched).Order().ToArray();
            Tensor table = t.State(t.Workspace.Tensor("table", rows, d));
            Tensor gradient = t.Parameter("gradient", Math.Max(1, touched), d, gradient: false);
            DeviceArray<StepScalars> scalars = t.Workspace.Array<StepScalars>("scalars", 1);
            t.Upload(scalars, rule.Scalars(step, UpdateFormula.LearningRate, lazyTables: true));
            SortedLookups positions = Positions.Of(t, Math.Max(1, touched), rows, moved.Select((row, i) => (row, i)));
            RowUpdate op = new(t.Workspace, table, gradient, positions, rule, scalars, t.Guard);
            UpdateFormula formula = new(t, table, op.State, rule, step, sparse: true);
            t.Forward(_ => op.Run());
            t.Reference(v =>
            {
                for (int i = 0; i < touched && scale != 0; i++)
                    for (int j = 0; j < d; j++)
                        formula.Move(v, moved[i] * d + j, v[gradient][i * d + j] * scale);
            });
        });
}
