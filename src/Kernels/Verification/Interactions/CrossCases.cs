using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Interactions;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>Cross: y = x₀ ∘ u + x (+ b), u a matrix or one number a row; x may be x₀, and others may read all of them.</summary>
internal static class CrossCases
{
    private readonly record struct Shape(int B, int H, bool OneForRow = false, bool Bias = false, bool First = false, bool Shared = false, bool Gradients = true, int Capacity = 0);

    private static readonly Shape[] Shapes =
    [
        new(1, 1), new(5, 3), new(37, 19, Bias: true), new(130, 33, First: true), new(300, 16, First: true, Bias: true), new(7, 20, Shared: true), new(7, 20, Capacity: 32), new(6, 5, Gradients: false),
        new(1, 1, OneForRow: true, Bias: true), new(5, 3, OneForRow: true), new(37, 19, OneForRow: true, Bias: true), new(130, 33, OneForRow: true, First: true), new(7, 20, OneForRow: true, Shared: true, Bias: true),
        new(7, 20, OneForRow: true, Bias: true, Capacity: 32), new(6, 5, OneForRow: true, Gradients: false), new(4, 416, OneForRow: true, First: true, Bias: true),
    ];

    public static IEnumerable<OpCase> All() => OpCase.Each("cross", Shapes, Record);

    private static void Record(Trial t, Shape s)
    {
        (t.Pass, t.Capacity) = (new(s.B, true), s.Capacity);
        Tensor x0 = t.Batch("x0", s.H, s.Gradients), u = t.Batch("u", s.OneForRow ? 1 : s.H, terms: s.OneForRow ? s.H : 1), x = s.First ? x0 : t.Batch("x", s.H, s.Gradients);
        Tensor? bias = s.Bias ? t.Parameter("b", 1, s.H, terms: s.B) : null;
        Tensor y = t.Output("y", s.H), sum = s.Shared ? t.Output("sum", s.H) : y;
        t.Op(new Cross(t.Workspace, x0, u, x, bias, y));
        if (s.Shared)
            t.Op(new Add(t.Device, sum, x0, x));
        t.Reference(v =>
        {
            for (int i = 0; i < s.B * s.H; i++)
            {
                v[y][i] = v[x0][i] * v[u][s.OneForRow ? i / s.H : i] + v[x][i] + (bias is null ? 0 : v[bias][i % s.H]);
                if (s.Shared)
                    v[sum][i] = v[x0][i] + v[x][i];
            }
        });
    }
}
