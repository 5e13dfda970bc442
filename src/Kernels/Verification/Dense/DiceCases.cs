using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>Dice: biased statistics of the rows of the pass, which may be none at all; alone, and with a layer of N units behind it.</summary>
internal static class DiceCases
{
    private readonly record struct Shape(int B, int H, bool Training = true, float Guard = 1, int Capacity = 0, bool Tokens = false, bool Torch = false, int N = 0, bool Bias = true)
    {
        public override string ToString() =>
            $"{B}x{H}{(Tokens ? " positions" : "")}{(Training ? " training" : " evaluation")}{(Guard == 0 ? " skipped step" : "")}{(Capacity > 0 ? $" capacity {Capacity}" : "")}{(Torch ? " unbiased" : "")}{(N > 0 ? $" to {N}" : "")}{(Bias ? "" : " without bias")}";
    }

    private static readonly Shape[] Shapes =
    [
        new(5, 3), new(2, 1), new(37, 19), new(97, 33), new(700, 16), new(5, 3, Training: false), new(37, 19, Training: false), new(1, 17, Training: false),
        new(9, 20, Guard: 0), new(7, 20, Capacity: 32), new(11, 18, Capacity: 40, Tokens: true), new(0, 18, Capacity: 40, Tokens: true),
        new(5, 3, Torch: true), new(37, 19, Torch: true), new(1, 4, Torch: true), new(37, 19, Training: false, Torch: true),
        new(5, 3, N: 1), new(1, 1, N: 1, Training: false), new(37, 19, N: 7), new(99, 33, N: 17, Bias: false), new(700, 80, N: 40), new(3300, 5, N: 33), new(37, 19, N: 7, Training: false),
        new(9, 20, N: 3, Guard: 0), new(11, 18, N: 4, Capacity: 40, Tokens: true), new(0, 18, N: 4, Capacity: 40, Tokens: true), new(37, 19, N: 16, Torch: true),
    ];

    public static IEnumerable<OpCase> All() => Shapes.Select(s => new OpCase(s.N > 0 ? "dice linear" : "dice", s.ToString(), t => Record(t, s)));

    private static void Record(Trial t, Shape s)
    {
        (t.Pass, t.Capacity, t.TokenCapacity, t.GuardFactor) = (new(s.Tokens ? 3 : s.B, s.Training, [s.B]), s.Capacity, s.Capacity, s.Guard);
        DiceConstants constants = s.Torch ? new(1e-3f, 0.1f, UnbiasedVariance: true) : DiceConstants.Default;
        int group = s.Tokens ? 0 : Tensor.BatchRows;
        Tensor x = t.Batch("x", s.H, terms: s.B * Math.Max(1, s.N), group: group), alpha = t.Parameter("alpha", 1, s.H, terms: s.B * Math.Max(1, s.N));
        Random random = t.Random("running variance");
        Tensor mean = t.State(t.Workspace.Tensor("running mean", 1, s.H));
        Tensor variance = t.State(t.Workspace.Tensor("running variance", 1, s.H), _ => 0.5f + random.NextSingle());
        DiceTensors dice = new(x, alpha, mean, variance, constants);
        Tensor y = t.Output("y", s.N > 0 ? s.N : s.H, terms: s.B + s.H, group: group), w = y, bias = y;
        if (s.N == 0)
            t.Op(new Dice(t.Workspace, dice, y));
        else
        {
            w = t.Parameter("W", s.N, s.H, terms: s.B);
            bias = s.Bias ? t.Parameter("b", 1, s.N, terms: s.B) : y;
            t.Op(new DiceLinear(t.Workspace, dice, w, s.Bias ? bias : null, y));
        }
        t.Reference(v =>
        {
            double[] activated = new double[s.B * s.H];
            for (int h = 0; h < s.H; h++)
                Column(v, h, activated);
            for (int i = 0; i < v[y].Length; i++)
                v[y][i] = s.N == 0 ? activated[i] : (s.Bias ? v[bias][i % s.N] : 0) + Enumerable.Range(0, s.H).Sum(h => activated[i / s.N * s.H + h] * v[w][i % s.N * s.H + h]);
        });

        void Column(ReferenceValues v, int h, double[] activated)
        {
            double m = v[mean][h], sigma2 = v[variance][h];
            if (s.Training && s.B > 0)
            {
                double[] column = Enumerable.Range(0, s.B).Select(b => v[x][b * s.H + h]).ToArray();
                m = column.Average();
                sigma2 = column.Average(value => (value - m) * (value - m));
                if (s.Guard != 0)
                {
                    double mu = constants.Momentum, kept = s.Torch && s.B > 1 ? sigma2 * s.B / (s.B - 1) : sigma2;
                    (v[mean][h], v[variance][h]) = ((1 - mu) * v[mean][h] + mu * m, (1 - mu) * v[variance][h] + mu * kept);
                }
            }
            for (int b = 0; b < s.B; b++)
            {
                double value = v[x][b * s.H + h], p = 1 / (1 + Math.Exp(-(value - m) / Math.Sqrt(sigma2 + constants.Epsilon)));
                activated[b * s.H + h] = p * value + (1 - p) * v[alpha][h] * value;
            }
        }
    }
}
