using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Optimizers;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>UpdateLog: a step that moved is appended, one that was skipped is not; the rows of the batch have seen all there are.</summary>
internal static class UpdateLogCases
{
    public static IEnumerable<OpCase> All() =>
        from scale in new[] { 1, 0.5f, 0 }
        from sizes in new[] { (1, 1, 0), (9, 4, 17), (9000, 8500, UpdateLog.Capacity - 1), (9, 0, 3) }
        select Case(sizes.Item1, sizes.Item2, sizes.Item3, scale);

    private static OpCase Case(int rows, int touched, int count, float scale) => new("missed steps", $"{touched} of {rows} after {count} scale {scale}", t =>
    {
        t.GuardFactor = scale;
        UpdateRule rule = UpdateRule.Of(OptimizerKind.Adam);
        Random random = t.Random("rows");
        int[] moved = [.. Enumerable.Range(0, rows).OrderBy(_ => random.Next()).Take(touched).Order()];
        SortedLookups positions = Positions.Of(t, Math.Max(1, touched), rows, moved.Select((row, i) => (row, i)));
        StepScalars step = rule.Scalars(count + 1, UpdateFormula.LearningRate, lazyTables: false);
        DeviceArray<StepScalars> scalars = t.Workspace.Array<StepScalars>("scalars", 1);
        t.Upload(scalars, step);
        UpdateLog missed = new(t.Workspace, rows, rule, positions, scalars, t.Guard);
        t.State(missed.Steps);
        t.State(missed.Count, _ => count);
        t.State(missed.Seen);
        t.Forward(_ =>
        {
            missed.Restored();
            missed.Record();
        });
        t.Reference(v =>
        {
            if (scale != 0)
            {
                (v[missed.Steps][3 * count], v[missed.Steps][3 * count + 1], v[missed.Steps][3 * count + 2]) = (step.StepSize, step.TableEpsilon, step.LearningRate);
                v[missed.Count][0] = count + 1;
            }
            foreach (int row in moved)
                v[missed.Seen][row] = v[missed.Count][0];
        });
    });
}
