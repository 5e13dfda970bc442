using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Optimizers;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>UpdateLog: a step is appended, a skipped one is not; the rows of the batch have seen all steps.</summary>
internal static class UpdateLogCases
{
    private readonly record struct Shape(int Rows, int Touched, int Count, float Scale = 1);

    private static readonly IEnumerable<Shape> shapes =
        from s in new Shape[] { new(1, 1, 0), new(9, 4, 17), new(9000, 8500, UpdateLog.Capacity - 1), new(9, 0, 3) }
        from scale in new[] { 1, 0.5f, 0 }
        select s with { Scale = scale };

    public static IEnumerable<OpCase> All() => OpCase.Each("update log", shapes, Record);

    private static void Record(Trial t, Shape s)
    {
        t.StepFactorValue = s.Scale;
        UpdateRule rule = UpdateRule.Of(OptimizerKind.Adam);
        Random random = t.Random("rows");
        int[] moved = [.. Enumerable.Range(0, s.Rows).OrderBy(_ => random.Next()).Take(s.Touched).Order()];
        SortedLookups positions = Positions.Of(t, Math.Max(1, s.Touched), s.Rows, moved.Select((row, i) => (row, i)));
        StepScalars step = rule.Scalars(s.Count + 1, UpdateFormula.LearningRate, lazyTables: false);
        DeviceArray<StepScalars> scalars = t.Workspace.Array<StepScalars>("scalars", 1);
        t.Upload(scalars, step);
        UpdateLog log = new(t.Workspace, s.Rows, rule, positions, scalars, t.StepFactor);
        t.State(log.Steps);
        t.State(log.Count, _ => s.Count);
        t.State(log.Seen);
        t.Forward(_ =>
        {
            log.Restored();
            log.Record();
        });
        t.Reference(v =>
        {
            if (s.Scale != 0)
            {
                (v[log.Steps][3 * s.Count], v[log.Steps][3 * s.Count + 1], v[log.Steps][3 * s.Count + 2]) = (step.StepSize, step.TableEpsilon, step.LearningRate);
                v[log.Count][0] = s.Count + 1;
            }
            foreach (int row in moved)
                v[log.Seen][row] = v[log.Count][0];
        });
    }
}
