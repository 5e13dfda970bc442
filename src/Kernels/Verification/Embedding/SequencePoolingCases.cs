using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Optimizers;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>SequencePooling with the scatter-add of its table; some lists are empty, some hold an id twice.</summary>
internal static class SequencePoolingCases
{
    private const int Base = 2, GradientOffset = 3, TableRows = 8;

    private readonly record struct Shape(PoolingKind Kind, int B, int D, int MaxLength, int Column, int Capacity, bool Twice = false);

    private static readonly IEnumerable<Shape> shapes =
        from kind in Enum.GetValues<PoolingKind>()
        from s in new Shape[] { new(kind, 1, 1, 3, 0, 0), new(kind, 7, 3, 5, 0, 0), new(kind, 9, 17, 4, 0, 0), new(kind, 130, 16, 3, 0, 0), new(kind, 6, 40, 6, 0, 20), new(kind, 4, 2, 0, 0, 0), new(kind, 7, 3, 5, 0, 0, true), new(kind, 9, 17, 4, 0, 20, true) }
        select s;

    public static IEnumerable<OpCase> All() => OpCase.Each("sequence pooling", shapes, Record);

    private static void Record(Trial t, Shape s)
    {
        (t.Pass, t.Capacity) = (new(s.B, true), s.Capacity);
        int capacity = Math.Max(s.B, s.Capacity), places = capacity * Math.Max(1, s.MaxLength);
        Random random = t.Random("lists");
        // The first list has the maximum length and the second is empty.
        int[] lengths = Enumerable.Range(0, s.B).Select(b => b == 0 ? s.MaxLength : b == 1 ? 0 : random.Next(s.MaxLength + 1)).ToArray();
        int[] offsets = lengths.Aggregate(new List<int> { 0 }, (ends, length) => [.. ends, ends[^1] + length]).ToArray();
        int[] ids = Enumerable.Range(0, offsets[^1]).Select(_ => 1 + random.Next(TableRows - 1)).ToArray();
        DeviceArray<int> rows = t.Workspace.Array<int>("rows", Base + places), starts = t.Workspace.Array<int>("offsets", capacity + 1);
        t.Upload(rows, [.. new int[Base], .. ids]);
        t.Upload(starts, offsets);
        GradientGuard guard = new(t.Workspace, t.Workspace.Tensor("loss", 1, 3), 0);
        SortedLookups positions = Positions.Of(t, places, TableRows, ids.Select((row, i) => (row, GradientOffset + Base + i)));
        EmbeddingTable table = new(
            t.Workspace, "table", TableRows, s.D, GradientOffset + Base + places, positions, new TableOptions(EmbeddingUpdate.Dense, 0, L2Scope.Touched),
            UpdateRule.Of(OptimizerKind.Sgd), t.Workspace.Array<StepScalars>("scalars", 1), guard);
        Tensor weights = t.Input(table.Weights, terms: Math.Max(1, ids.Length), gradientStart: 0), y = t.Output("y", s.D, terms: Math.Max(1, s.MaxLength));
        t.Backward(_ => table.Reduce());
        t.Op(new SequencePooling(t.Device, table, new SequenceTensors(rows, Base, starts, GradientOffset), y, s.Column, s.Kind, accumulate: s.Twice));
        // Recorded later, so its row gradients exist when the other op adds its own.
        Tensor? z = s.Twice ? t.Output("sum", s.D, terms: Math.Max(1, s.MaxLength)) : null;
        if (z is not null)
            t.Op(new SequencePooling(t.Device, table, new SequenceTensors(rows, Base, starts, GradientOffset), z, 0, PoolingKind.Sum));
        t.Reference(v =>
        {
            for (int b = 0; b < s.B; b++)
                for (int d = 0; d < s.D; d++)
                {
                    double[] values = ids[offsets[b]..offsets[b + 1]].Select(id => v[weights][id * s.D + d]).ToArray();
                    v[y][b * s.D + d] = values.Length == 0 ? 0 : s.Kind switch { PoolingKind.Sum => values.Sum(), PoolingKind.Mean => values.Average(), _ => values.Max() };
                    if (z is not null)
                        v[z][b * s.D + d] = values.Sum();
                }
        });
    }
}
