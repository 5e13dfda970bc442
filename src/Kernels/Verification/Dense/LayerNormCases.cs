using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>LayerNorm: every row standardized over its own units, then scaled and shifted.</summary>
internal static class LayerNormCases
{
    // A row of the batch, of a history's positions, or of its items, which are positions and the batch's rows together.
    private enum Rows
    {
        Batch,
        Positions,
        Items,
    }

    private readonly record struct Shape(int B, int H, int Capacity = 0, Rows Rows = Rows.Batch, bool InputOfTwo = false, float Mean = 0);

    private static readonly Shape[] shapes =
    [
        new(1, 1), new(5, 3), new(37, 19), new(130, 33), new(700, 16), new(6, 17, Capacity: 20), new(11, 18, Capacity: 40, Rows.Positions), new(11, 18, Capacity: 40, Rows.Items),
        new(0, 4, Capacity: 8, Rows.Positions), new(9, 5, InputOfTwo: true), new(8, 20, Mean: 8),
    ];

    public static IEnumerable<OpCase> All() => OpCase.Each("layer norm", shapes, Record);

    private static void Record(Trial t, Shape s)
    {
        int batch = s.Rows == Rows.Batch ? s.B : 3;
        RowKind kind = s.Rows switch { Rows.Batch => RowKind.Batch, Rows.Positions => RowKind.HistoryPosition(0), _ => RowKind.SequenceItem(0) };
        (t.Pass, t.Capacity, t.TokenCapacity) = (new(batch, true, [s.Rows == Rows.Positions ? s.B : s.B - batch]), s.Capacity, s.Capacity);
        Random random = t.Random("x");
        Tensor x = t.Batch("x", s.H, terms: s.H, fill: _ => s.Mean + random.NextSingle() * 2 - 1, kind: kind), y = t.Output("y", s.H, terms: s.H, kind: kind);
        Tensor gamma = t.Parameter("gamma", 1, s.H, terms: s.B), beta = t.Parameter("beta", 1, s.H, terms: s.B);
        t.Op(new LayerNorm(t.Workspace, x, gamma, beta, y));
        if (s.InputOfTwo)
            t.ReadAgain(x);
        t.Reference(v =>
        {
            for (int r = 0; r < s.B; r++)
            {
                double[] row = v[x][(r * s.H)..((r + 1) * s.H)];
                double average = row.Average(), deviation = Math.Sqrt(row.Sum(value => (value - average) * (value - average)) / s.H + LayerNorm.Epsilon);
                for (int h = 0; h < s.H; h++)
                    v[y][r * s.H + h] = (row[h] - average) / deviation * v[gamma][h] + v[beta][h];
            }
        });
    }
}
