using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>Activation: relu, sigmoid, prelu, leaky relu.</summary>
internal static class ActivationCases
{
    public static IEnumerable<OpCase> All()
    {
        foreach (ActivationKind kind in Enum.GetValues<ActivationKind>())
            foreach ((int rows, int columns, int capacity) in new[] { (1, 1, 0), (5, 3, 0), (37, 19, 0), (200, 32, 0), (6, 17, 20) })
                yield return Case(kind, rows, columns, capacity, 1);
        yield return Case(ActivationKind.Sigmoid, 40, 5, 0, 100);
    }

    private static OpCase Case(ActivationKind kind, int rows, int columns, int capacity, float scale) =>
        new("activation", $"{kind} {rows}x{columns}{(capacity > 0 ? $" capacity {capacity}" : "")}{(scale > 1 ? $" up to {scale}" : "")}", t =>
        {
            (t.Pass, t.Capacity) = (new(rows, true), capacity);
            Random random = t.Random("x");
            Tensor x = t.Batch("x", columns, fill: _ => scale * (random.NextSingle() * 2 - 1)), y = t.Output("y", columns);
            Tensor? alpha = kind == ActivationKind.PRelu ? t.Parameter("alpha", 1, columns, terms: rows) : null;
            t.Op(new Activation(t.Workspace, kind, x, alpha, y));
            t.Reference(v =>
            {
                for (int i = 0; i < rows * columns; i++)
                    v[y][i] = kind == ActivationKind.Sigmoid ? 1 / (1 + Math.Exp(-v[x][i]))
                        : v.Rectify(v[x][i]) + (alpha is not null ? v[alpha][i % columns] : kind == ActivationKind.LeakyRelu ? 0.01 : 0) * Math.Min(0, v[x][i]);
            });
        });
}
