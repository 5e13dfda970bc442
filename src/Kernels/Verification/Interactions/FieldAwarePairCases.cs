using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Interactions;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>FieldAwarePairs: Σ_{i&lt;j} ⟨v_{i,j}, v_{j,i}⟩, pair by pair.</summary>
internal static class FieldAwarePairCases
{
    private readonly record struct Shape(int B, int C, int D, bool Shared = false, int Capacity = 0);

    private static readonly Shape[] Shapes =
    [
        new(1, 1, 1), new(3, 1, 5), new(4, 2, 1), new(3, 2, 3), new(7, 3, 4), new(9, 5, 16), new(6, 4, 17), new(5, 13, 10), new(3, 4, 40), new(40, 26, 4), new(70, 3, 8), new(5, 4, 6, Shared: true),
        new(4, 3, 18, Capacity: 90),
    ];

    public static IEnumerable<OpCase> All() => OpCase.Each("field-aware pairs", Shapes, Record);

    private static void Record(Trial t, Shape s)
    {
        (t.Pass, t.Capacity) = (new(s.B, true), s.Capacity);
        int columns = s.C * s.C * s.D;
        Tensor v = t.Batch("v", columns), y = t.Output("y", 1, terms: Math.Max(1, s.C * (s.C - 1) / 2 * s.D));
        t.Op(new FieldAwarePairs(t.Workspace, v, s.C, y));
        (Tensor Other, Tensor Sum)? shared = s.Shared ? Add(t, v) : null;
        t.Reference(r =>
        {
            for (int b = 0; b < s.B; b++)
            {
                r[y][b] = 0;
                for (int i = 0; i < s.C; i++)
                    for (int j = i + 1; j < s.C; j++)
                        for (int d = 0; d < s.D; d++)
                            r[y][b] += r[v][b * columns + (i * s.C + j) * s.D + d] * r[v][b * columns + (j * s.C + i) * s.D + d];
            }
            if (shared is var (other, sum))
                for (int i = 0; i < r[sum].Length; i++)
                    r[sum][i] = r[v][i] + r[other][i];
        });
    }

    /// <summary>A sum that reads v after the op, whose gradient is then added to the sum's.</summary>
    private static (Tensor Other, Tensor Sum) Add(Trial t, Tensor v)
    {
        Tensor other = t.Batch("other", v.Columns), sum = t.Output("sum", v.Columns);
        t.Op(new Add(t.Device, sum, v, other));
        return (other, sum);
    }
}
