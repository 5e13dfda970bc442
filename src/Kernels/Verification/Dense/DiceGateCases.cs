using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>DiceGate: y = p x + (1 − p) α x with p = σ(z), α per unit or one for all; x and z may be one tensor.</summary>
internal static class DiceGateCases
{
    private readonly record struct Shape(int B, int H, bool OneAlpha = false, int Capacity = 0, bool Positions = false, bool GatesItself = false);

    private static readonly Shape[] Shapes =
    [
        new(1, 1), new(5, 3), new(37, 19), new(97, 33), new(300, 16), new(1, 1, OneAlpha: true), new(5, 3, OneAlpha: true), new(37, 19, OneAlpha: true), new(97, 33, OneAlpha: true),
        new(7, 20, Capacity: 32), new(7, 20, OneAlpha: true, Capacity: 32), new(11, 18, Capacity: 40, Positions: true), new(0, 18, OneAlpha: true, Capacity: 40, Positions: true), new(9, 18, GatesItself: true),
    ];

    public static IEnumerable<OpCase> All() => OpCase.Each("dice gate", Shapes, Record);

    private static void Record(Trial t, Shape s)
    {
        (t.Pass, t.Capacity, t.TokenCapacity) = (new(s.Positions ? 3 : s.B, true, [s.B]), s.Capacity, s.Capacity);
        RowKind kind = s.Positions ? RowKind.HistoryPosition(0) : RowKind.Batch;
        Tensor x = t.Batch("x", s.H, kind: kind), z = s.GatesItself ? x : t.Batch("z", s.H, kind: kind), y = t.Output("y", s.H, kind: kind);
        Tensor alpha = t.Parameter("alpha", 1, s.OneAlpha ? 1 : s.H, terms: Math.Max(1, s.OneAlpha ? s.B * s.H : s.B));
        t.Op(new DiceGate(t.Device, x, z, alpha, y));
        t.Reference(v =>
        {
            for (int i = 0; i < s.B * s.H; i++)
            {
                double p = 1 / (1 + Math.Exp(-v[z][i]));
                v[y][i] = p * v[x][i] + (1 - p) * v[alpha][s.OneAlpha ? 0 : i % s.H] * v[x][i];
            }
        });
    }
}
