using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Interactions;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>BiInteraction, Σ_{i&lt;j} v_i ∘ v_j, and InnerProducts, ⟨v_i, v_j⟩ for each i &lt; j: pair by pair.</summary>
internal static class PairCases
{
    private readonly record struct Shape(int B, int C, int D, bool Shared = false, int Capacity = 0);

    private static readonly Shape[] Shapes =
    [
        new(1, 1, 1), new(3, 1, 5), new(3, 2, 3), new(7, 3, 4), new(9, 5, 16), new(6, 4, 17), new(5, 33, 10), new(3, 40, 40), new(70, 26, 16), new(130, 3, 4), new(5, 4, 6, Shared: true),
        new(4, 3, 18, Capacity: 90),
    ];

    public static IEnumerable<OpCase> All() => [.. OpCase.Each("bi-interaction", Shapes, RecordSums), .. OpCase.Each("inner products", Shapes, RecordProducts)];

    private static void RecordSums(Trial t, Shape s)
    {
        Tensor v = Vectors(t, s), y = t.Output("y", s.D, terms: s.C * s.C);
        t.Op(new BiInteraction(t.Device, v, y));
        Action<ReferenceValues> other = Other(t, s, v);
        t.Reference(r =>
        {
            Array.Clear(r[y]);
            Pairs(s, (b, i, j, d, _) => r[y][b * s.D + d] += r[v][(b * s.C + i) * s.D + d] * r[v][(b * s.C + j) * s.D + d]);
            other(r);
        });
    }

    private static void RecordProducts(Trial t, Shape s)
    {
        int pairs = InnerProducts.PairsOf(s.C);
        Tensor v = Vectors(t, s), p = t.Output("p", pairs, terms: s.D);
        t.Op(new InnerProducts(t.Device, v, s.D, p));
        Action<ReferenceValues> other = Other(t, s, v);
        t.Reference(r =>
        {
            Array.Clear(r[p]);
            Pairs(s, (b, i, j, d, pair) => r[p][b * pairs + pair] += r[v][(b * s.C + i) * s.D + d] * r[v][(b * s.C + j) * s.D + d]);
            other(r);
        });
    }

    private static Tensor Vectors(Trial t, Shape s)
    {
        (t.Pass, t.Capacity) = (new(s.B, true), s.Capacity);
        return t.Batch("v", s.C * s.D, terms: s.C);
    }

    /// <summary>A sum that reads v after the op, whose gradient is then added to the sum's.</summary>
    private static Action<ReferenceValues> Other(Trial t, Shape s, Tensor v)
    {
        if (!s.Shared)
            return static _ => { };
        Tensor other = t.Batch("other", s.C * s.D), sum = t.Output("sum", s.C * s.D);
        t.Op(new Add(t.Device, sum, v, other));
        return r =>
        {
            for (int i = 0; i < r[sum].Length; i++)
                r[sum][i] = r[v][i] + r[other][i];
        };
    }

    private static void Pairs(Shape s, Action<int, int, int, int, int> term)
    {
        for (int b = 0; b < s.B; b++)
            for (int i = 0, pair = 0; i < s.C; i++)
                for (int j = i + 1; j < s.C; j++, pair++)
                    for (int d = 0; d < s.D; d++)
                        term(b, i, j, d, pair);
    }
}
