using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>LayerNorm: every row standardized over its own units, then scaled and shifted.</summary>
internal static class LayerNormCases
{
    public static IEnumerable<OpCase> All()
    {
        foreach ((int rows, int units, int capacity, RowKind kind, bool two, float mean) in new[]
        {
            (1, 1, 0, RowKind.Batch, false, 0f), (5, 3, 0, RowKind.Batch, false, 0), (37, 19, 0, RowKind.Batch, false, 0), (130, 33, 0, RowKind.Batch, false, 0), (700, 16, 0, RowKind.Batch, false, 0),
            (6, 17, 20, RowKind.Batch, false, 0), (11, 18, 40, RowKind.HistoryPosition(0), false, 0), (11, 18, 40, RowKind.SequenceItem(0), false, 0), (0, 4, 8, RowKind.HistoryPosition(0), false, 0), (9, 5, 0, RowKind.Batch, true, 0), (8, 20, 0, RowKind.Batch, false, 8),
        })
            yield return new OpCase(
                "layer norm",
                $"{rows}x{units}{(kind == RowKind.HistoryPosition(0) ? " positions" : kind == RowKind.SequenceItem(0) ? " items" : "")}{(capacity > 0 ? $" capacity {capacity}" : "")}{(two ? " input of two" : "")}{(mean > 0 ? $" about {mean}" : "")}",
                t => Record(t, rows, units, capacity, kind, two, mean));
    }

    private static void Record(Trial t, int rows, int units, int capacity, RowKind kind, bool two, float mean)
    {
        // Items are positions and the batch's rows together.
        int batch = kind == RowKind.Batch ? rows : 3;
        (t.Pass, t.Capacity, t.TokenCapacity) = (new(batch, true, [kind == RowKind.HistoryPosition(0) ? rows : rows - batch]), capacity, capacity);
        Random random = t.Random("x");
        Tensor x = t.Batch("x", units, terms: units, fill: _ => mean + random.NextSingle() * 2 - 1, kind: kind), y = t.Output("y", units, terms: units, kind: kind);
        Tensor gamma = t.Parameter("gamma", 1, units, terms: rows), beta = t.Parameter("beta", 1, units, terms: rows);
        t.Op(new LayerNorm(t.Workspace, x, gamma, beta, y));
        Tensor? other = two ? t.Output("x + x", units) : null;
        if (other is not null)
            t.Op(new Add(t.Device, other, x, x));
        t.Reference(v =>
        {
            for (int r = 0; r < rows; r++)
            {
                double[] row = v[x][(r * units)..((r + 1) * units)];
                double average = row.Average(), deviation = Math.Sqrt(row.Sum(value => (value - average) * (value - average)) / units + LayerNorm.Epsilon);
                for (int h = 0; h < units; h++)
                    v[y][r * units + h] = (row[h] - average) / deviation * v[gamma][h] + v[beta][h];
            }
            for (int i = 0; i < rows * units && other is not null; i++)
                v[other][i] = 2 * v[x][i];
        });
    }
}
