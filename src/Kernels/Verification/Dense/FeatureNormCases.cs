using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>FeatureNorm: the deviations of a row from its mean, over the root of Σ (deviation² + ε).</summary>
internal static class FeatureNormCases
{
    private const double Epsilon = 1e-3;

    public static IEnumerable<OpCase> All()
    {
        foreach ((int rows, int units, int capacity, bool tokens, bool two) in new[]
        {
            (1, 1, 0, false, false), (5, 3, 0, false, false), (37, 19, 0, false, false), (130, 33, 0, false, false), (6, 17, 20, false, false),
            (11, 18, 40, true, false), (0, 4, 8, true, false), (9, 5, 0, false, true),
        })
            yield return new OpCase(
                "feature norm", $"{rows}x{units}{(tokens ? " positions" : "")}{(capacity > 0 ? $" capacity {capacity}" : "")}{(two ? " input of two" : "")}",
                t => Record(t, rows, units, capacity, tokens, two));
    }

    private static void Record(Trial t, int rows, int units, int capacity, bool tokens, bool two)
    {
        (t.Pass, t.Capacity, t.TokenCapacity) = (new(tokens ? 3 : rows, true, [rows]), capacity, capacity);
        RowKind kind = tokens ? RowKind.HistoryPosition(0) : RowKind.Batch;
        Tensor x = t.Batch("x", units, terms: units, kind: kind), z = t.Output("z", units, terms: units, kind: kind);
        t.Op(new FeatureNorm(t.Workspace, x, z, (float)Epsilon));
        Tensor? other = two ? t.Output("x + x", units) : null;
        if (other is not null)
            t.Op(new Add(t.Device, other, x, x));
        t.Reference(v =>
        {
            for (int r = 0; r < rows; r++)
            {
                double[] row = v[x][(r * units)..((r + 1) * units)];
                double mean = row.Average(), length = Math.Sqrt(row.Sum(value => (value - mean) * (value - mean) + Epsilon));
                for (int h = 0; h < units; h++)
                    v[z][r * units + h] = (row[h] - mean) / length;
            }
            for (int i = 0; i < rows * units && other is not null; i++)
                v[other][i] = 2 * v[x][i];
        });
    }
}
