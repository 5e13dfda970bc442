using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>Activation: relu, sigmoid, prelu, leaky relu, tanh, gelu.</summary>
internal static class ActivationCases
{
    private readonly record struct Shape(ActivationKind Kind, int B, int H, int Capacity = 0, float Scale = 1);

    private static readonly IEnumerable<Shape> shapes =
        from kind in Enum.GetValues<ActivationKind>()
        from s in new Shape[] { new(kind, 1, 1), new(kind, 5, 3), new(kind, 37, 19), new(kind, 200, 32), new(kind, 6, 17, Capacity: 20) }
        select s;

    public static IEnumerable<OpCase> All() => OpCase.Each<Shape>("activation", [.. shapes, new(ActivationKind.Sigmoid, 40, 5, Scale: 100), new(ActivationKind.Tanh, 40, 5, Scale: 20), new(ActivationKind.Gelu, 40, 5, Scale: 6)], Record);

    private static void Record(Trial t, Shape s)
    {
        (t.Pass, t.Capacity) = (new(s.B, true), s.Capacity);
        Random random = t.Random("x");
        Tensor x = t.Batch("x", s.H, fill: _ => s.Scale * (random.NextSingle() * 2 - 1)), y = t.Output("y", s.H);
        Tensor? alpha = s.Kind == ActivationKind.PRelu ? t.Parameter("alpha", 1, s.H, terms: s.B) : null;
        t.Op(new Activation(t.Workspace, s.Kind, x, alpha, y));
        t.Reference(v =>
        {
            for (int i = 0; i < s.B * s.H; i++)
                v[y][i] = s.Kind == ActivationKind.Sigmoid ? 1 / (1 + Math.Exp(-v[x][i]))
                    : s.Kind == ActivationKind.Tanh ? Math.Tanh(v[x][i])
                    : s.Kind == ActivationKind.Gelu ? v[x][i] * Normal(v[x][i])
                    : v.Rectify(v[x][i]) + (alpha is not null ? v[alpha][i % s.H] : s.Kind == ActivationKind.LeakyRelu ? 0.01 : 0) * Math.Min(0, v[x][i]);
        });
    }

    /// <summary>Φ(x) = ½ + φ(x) (x + x³/3 + x⁵/(3·5) + …), whose terms are all of one sign (Abramowitz and Stegun 26.2.11).</summary>
    private static double Normal(double x)
    {
        double term = x, sum = x;
        for (int n = 3; Math.Abs(term) > 1e-17; n += 2)
            sum += term *= x * x / n;
        return 0.5 + sum * Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI);
    }
}
