using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>FeatureNorm: the deviations of a row from its mean, over the root of Σ (deviation² + ε).</summary>
internal static class FeatureNormCases
{
    private const double Epsilon = 1e-3;

    private readonly record struct Shape(int B, int H, int Capacity = 0, bool Positions = false, bool InputOfTwo = false);

    private static readonly Shape[] shapes =
    [
        new(1, 1), new(5, 3), new(37, 19), new(130, 33), new(6, 17, Capacity: 20), new(11, 18, Capacity: 40, Positions: true), new(0, 4, Capacity: 8, Positions: true),
        new(9, 5, InputOfTwo: true),
    ];

    public static IEnumerable<OpCase> All() => OpCase.Each("feature norm", shapes, Record);

    private static void Record(Trial t, Shape s)
    {
        (t.Pass, t.Capacity, t.TokenCapacity) = (new(s.Positions ? 3 : s.B, true, [s.B]), s.Capacity, s.Capacity);
        RowKind kind = s.Positions ? RowKind.HistoryPosition(0) : RowKind.Batch;
        Tensor x = t.Batch("x", s.H, terms: s.H, kind: kind), z = t.Output("z", s.H, terms: s.H, kind: kind);
        t.Op(new FeatureNorm(t.Workspace, x, z, (float)Epsilon));
        if (s.InputOfTwo)
            t.ReadAgain(x);
        t.Reference(v =>
        {
            for (int r = 0; r < s.B; r++)
            {
                double[] row = v[x][(r * s.H)..((r + 1) * s.H)];
                double mean = row.Average(), length = Math.Sqrt(row.Sum(value => (value - mean) * (value - mean) + Epsilon));
                for (int h = 0; h < s.H; h++)
                    v[z][r * s.H + h] = (row[h] - mean) / length;
            }
        });
    }
}
