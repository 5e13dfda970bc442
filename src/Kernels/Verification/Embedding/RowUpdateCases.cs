using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Optimizers;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>RowUpdate: the rule on the rows of the batch; other rows stay unchanged.</summary>
internal static class RowUpdateCases
{
    private readonly record struct Shape(OptimizerKind Kind, int Rows, int D, int Touched, float Scale = 1, int Step = 3, float Momentum = 0);

    private static readonly IEnumerable<Shape> shapes =
        from rule in UpdateFormula.Rules
        from s in new Shape[]
        {
            new(rule.Kind, 1, 1, 1), new(rule.Kind, 9, 3, 4), new(rule.Kind, 40, 17, 40), new(rule.Kind, 40, 12, 33), new(rule.Kind, 700, 16, 600), new(rule.Kind, 700, 1, 605),
            new(rule.Kind, 9, 20, 5, Scale: 0.5f, Step: 1), new(rule.Kind, 9, 20, 5, Scale: 0, Step: 1), new(rule.Kind, 40, 1, 21, Scale: 0.5f, Step: 1),
            new(rule.Kind, 40, 1, 21, Scale: 0, Step: 1), new(rule.Kind, 9, 4, 0, Step: 2),
        }
        select s with { Momentum = rule.Momentum };

    public static IEnumerable<OpCase> All() => OpCase.Each("row update", shapes, Record);

    private static void Record(Trial t, Shape s)
    {
        t.StepFactorValue = s.Scale;
        UpdateRule rule = UpdateFormula.Rule(s.Kind, s.Momentum);
        Random random = t.Random("rows");
        int[] moved = Enumerable.Range(0, s.Rows).OrderBy(_ => random.Next()).Take(s.Touched).Order().ToArray();
        Tensor table = t.State(t.Workspace.Tensor("table", s.Rows, s.D));
        Tensor gradient = t.Parameter("gradient", Math.Max(1, s.Touched), s.D, gradient: false);
        DeviceArray<StepScalars> scalars = t.Workspace.Array<StepScalars>("scalars", 1);
        t.Upload(scalars, rule.Scalars(s.Step, UpdateFormula.LearningRate, lazyTables: true));
        SortedLookups positions = Positions.Of(t, Math.Max(1, s.Touched), s.Rows, moved.Select((row, i) => (row, i)));
        RowUpdate op = new(t.Workspace, table, gradient, positions, rule, scalars, t.StepFactor);
        UpdateFormula formula = new(t, table, op.State, rule, s.Step, sparse: true);
        t.Forward(_ => op.Run());
        t.Reference(v =>
        {
            for (int i = 0; i < s.Touched && s.Scale != 0; i++)
                for (int j = 0; j < s.D; j++)
                    formula.Move(v, moved[i] * s.D + j, v[gradient][i * s.D + j] * s.Scale);
        });
    }
}
