using GpuCtr.Kernels.Optimizers;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>DenseUpdate: the rule on every weight, L2 on the first ones; a table's gradient is cleared behind it.</summary>
internal static class DenseUpdateCases
{
    public static IEnumerable<OpCase> All()
    {
        foreach ((string name, UpdateRule rule) in UpdateFormula.Rules)
        {
            foreach (int length in new[] { 1, 17, 100, 20000 })
                yield return Case(name, rule, length, 0, 0, false, 1, 3);
            yield return Case(name, rule, 100, 0.1f, 100, false, 0.5f, 1);
            yield return Case(name, rule, 100, 0.1f, 48, false, 1, 2);
            yield return Case(name, rule, 100, 0.1f, 100, true, 1, 1000);
            yield return Case(name, rule, 37, 0, 0, true, 0, 1);
            yield return Case(name, rule, 37, 0.1f, 37, false, 0, 1);
        }
    }

    private static OpCase Case(string name, UpdateRule rule, int length, float l2, int decays, bool isTable, float scale, int step) =>
        new("dense update", $"{name} {length}{(l2 > 0 ? $" l2 on {decays}" : "")}{(isTable ? " table" : "")} step {step} scale {scale}", t =>
        {
            t.GuardFactor = scale;
            Tensor weights = t.State(t.Workspace.Tensor("weights", 1, length, gradient: true)), gradient = t.State(weights.Gradient!);
            DeviceArray<StepScalars> scalars = t.Workspace.Array<StepScalars>("scalars", 1);
            t.Upload(scalars, rule.Scalars(step, UpdateFormula.LearningRate, lazyTables: false));
            DenseUpdate op = new(t.Workspace, weights, rule, l2, decays, isTable, scalars, t.Guard);
            UpdateFormula formula = new(t, weights, op.State, rule, step, sparse: false);
            t.Forward(_ => op.Run());
            t.Reference(v =>
            {
                for (int i = 0; i < length; i++)
                {
                    double g = v[gradient][i] + (i < decays ? l2 * v[weights][i] : 0);
                    if (isTable)
                        v[gradient][i] = 0;
                    if (scale != 0)
                        formula.Move(v, i, g * scale);
                }
            });
        });
}
