using GpuCtr.Kernels.Optimizers;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>DenseUpdate: the rule on every weight, L2 on the first ones; a table's gradient is cleared afterwards.</summary>
internal static class DenseUpdateCases
{
    private readonly record struct Shape(OptimizerKind Kind, int Length, float L2 = 0, int Decays = 0, bool Table = false, float Scale = 1, int Step = 3, float Momentum = 0);

    private static readonly IEnumerable<Shape> shapes =
        from rule in UpdateFormula.Rules
        from s in new Shape[]
        {
            new(rule.Kind, 1), new(rule.Kind, 17), new(rule.Kind, 100), new(rule.Kind, 20000), new(rule.Kind, 100, L2: 0.1f, Decays: 100, Scale: 0.5f, Step: 1),
            new(rule.Kind, 100, L2: 0.1f, Decays: 48, Step: 2), new(rule.Kind, 100, L2: 0.1f, Decays: 100, Table: true, Step: 1000), new(rule.Kind, 37, Table: true, Scale: 0, Step: 1),
            new(rule.Kind, 37, L2: 0.1f, Decays: 37, Scale: 0, Step: 1),
        }
        select s with { Momentum = rule.Momentum };

    public static IEnumerable<OpCase> All() => OpCase.Each("dense update", shapes, Record);

    private static void Record(Trial t, Shape s)
    {
        t.StepFactorValue = s.Scale;
        UpdateRule rule = UpdateFormula.Rule(s.Kind, s.Momentum);
        Tensor weights = t.State(t.Workspace.Tensor("weights", 1, s.Length, gradient: true)), gradient = t.State(weights.Gradient!);
        DeviceArray<StepScalars> scalars = t.Workspace.Array<StepScalars>("scalars", 1);
        t.Upload(scalars, rule.Scalars(s.Step, UpdateFormula.LearningRate, lazyTables: false));
        DenseUpdate op = new(t.Workspace, weights, rule, s.L2, s.Decays, s.Table, scalars, t.StepFactor);
        UpdateFormula formula = new(t, weights, op.State, rule, s.Step, sparse: false);
        t.Forward(_ => op.Run());
        t.Reference(v =>
        {
            for (int i = 0; i < s.Length; i++)
            {
                double g = v[gradient][i] + (i < s.Decays ? s.L2 * v[weights][i] : 0);
                if (s.Table)
                    v[gradient][i] = 0;
                if (s.Scale != 0)
                    formula.Move(v, i, g * s.Scale);
            }
        });
    }
}
