using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Interactions;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>Feature gate: y = 2 σ(g) ∘ x, one g for each row or for all.</summary>
internal static class FeatureGateCases
{
    private readonly record struct Shape(int B, int H, bool Shared = false, bool InputOfTwo = false, bool Gradients = true, int Capacity = 0);

    private static readonly Shape[] Shapes =
    [
        new(1, 1), new(5, 3), new(37, 19), new(130, 33), new(7, 20, InputOfTwo: true), new(7, 20, Capacity: 32), new(6, 5, Gradients: false),
        new(1, 1, Shared: true), new(5, 3, Shared: true), new(37, 19, Shared: true), new(130, 33, Shared: true), new(7, 20, Shared: true, InputOfTwo: true),
        new(7, 20, Shared: true, Capacity: 32), new(6, 5, Shared: true, Gradients: false), new(4200, 2, Shared: true),
    ];

    public static IEnumerable<OpCase> All() => OpCase.Each("feature gate", Shapes, Record);

    private static void Record(Trial t, Shape s)
    {
        (t.Pass, t.Capacity) = (new(s.B, true), s.Capacity);
        Tensor x = t.Batch("x", s.H, s.Gradients), y = t.Output("y", s.H);
        Tensor g = s.Shared ? t.Parameter("g", 1, s.H, terms: s.B, kind: RowKind.Shared) : t.Batch("g", s.H);
        t.Op(new FeatureGate(t.Workspace, x, g, y));
        if (s.InputOfTwo)
            t.ReadAgain(x);
        t.Reference(v =>
        {
            for (int i = 0; i < s.B * s.H; i++)
                v[y][i] = 2 / (1 + Math.Exp(-v[g][s.Shared ? i % s.H : i])) * v[x][i];
        });
    }
}
