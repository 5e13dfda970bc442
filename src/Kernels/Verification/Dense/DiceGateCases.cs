using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>DiceGate: y = p x + (1 − p) α x with p = σ(z), α per unit or one for all; x and z may be one tensor.</summary>
internal static class DiceGateCases
{
    private readonly record struct Shape(int B, int H, bool Shared = false, int Capacity = 0, bool Tokens = false)
    {
        public override string ToString() =>
            $"{B}x{H}{(Tokens ? " positions" : "")}{(Shared ? " one alpha" : "")}{(Capacity > 0 ? $" capacity {Capacity}" : "")}";
    }

    private static readonly Shape[] Shapes =
    [
        new(1, 1), new(5, 3), new(37, 19), new(97, 33), new(300, 16), new(1, 1, Shared: true), new(5, 3, Shared: true), new(37, 19, Shared: true), new(97, 33, Shared: true),
        new(7, 20, Capacity: 32), new(7, 20, Shared: true, Capacity: 32), new(11, 18, Capacity: 40, Tokens: true), new(0, 18, Shared: true, Capacity: 40, Tokens: true),
    ];

    public static IEnumerable<OpCase> All() => Shapes.Select(s => new OpCase("dice gate", s.ToString(), t => Record(t, s, same: false)))
        .Append(new OpCase("dice gate", "9x18 of a tensor and itself", t => Record(t, new(9, 18), same: true)));

    private static void Record(Trial t, Shape s, bool same)
    {
        (t.Pass, t.Capacity, t.TokenCapacity) = (new(s.Tokens ? 3 : s.B, true, [s.B]), s.Capacity, s.Capacity);
        RowKind kind = s.Tokens ? RowKind.HistoryPosition(0) : RowKind.Batch;
        Tensor x = t.Batch("x", s.H, kind: kind), z = same ? x : t.Batch("z", s.H, kind: kind), y = t.Output("y", s.H, kind: kind);
        Tensor alpha = t.Parameter("alpha", 1, s.Shared ? 1 : s.H, terms: Math.Max(1, s.Shared ? s.B * s.H : s.B));
        t.Op(new DiceGate(t.Device, x, z, alpha, y));
        t.Reference(v =>
        {
            for (int i = 0; i < s.B * s.H; i++)
            {
                double p = 1 / (1 + Math.Exp(-v[z][i]));
                v[y][i] = p * v[x][i] + (1 - p) * v[alpha][s.Shared ? 0 : i % s.H] * v[x][i];
            }
        });
    }
}
