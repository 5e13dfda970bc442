using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>Dice: biased statistics of the rows of the pass, of which there may be none; alone, followed by a layer of N units, and followed by a second Dice with its layer.</summary>
internal static class DiceCases
{
    private readonly record struct Shape(
        int B, int H, bool Training = true, float Guard = 1, int Capacity = 0, bool Positions = false, bool Unbiased = false, int N = 0, bool Bias = true, int Next = 0)
    {
        public DiceConstants Constants => Unbiased ? new(1e-3f, 0.1f, UnbiasedVariance: true) : DiceConstants.Default;

        public RowKind RowKind => Positions ? RowKind.HistoryPosition(0) : RowKind.Batch;

        /// <summary>Number of terms of the longest sum in a gradient.</summary>
        public int Terms => B + H + N + Next;
    }

    private static readonly Shape[] Shapes =
    [
        new(5, 3), new(2, 1), new(37, 19), new(97, 33), new(700, 16), new(5, 3, Training: false), new(37, 19, Training: false), new(1, 17, Training: false),
        new(9, 20, Guard: 0), new(7, 20, Capacity: 32), new(11, 18, Capacity: 40, Positions: true), new(0, 18, Capacity: 40, Positions: true),
        new(5, 3, Unbiased: true), new(37, 19, Unbiased: true), new(1, 4, Unbiased: true), new(37, 19, Training: false, Unbiased: true),
        new(5, 3, N: 1), new(1, 1, N: 1, Training: false), new(37, 19, N: 7), new(99, 33, N: 17, Bias: false), new(130, 80, N: 40), new(3300, 5, N: 33), new(37, 19, N: 7, Training: false),
        new(9, 20, N: 3, Guard: 0), new(11, 18, N: 4, Capacity: 40, Positions: true), new(0, 18, N: 4, Capacity: 40, Positions: true), new(37, 19, N: 16, Unbiased: true),
        new(5, 3, N: 4, Next: 1), new(230, 20, N: 18, Next: 5), new(37, 19, N: 7, Next: 3, Training: false), new(11, 18, N: 4, Next: 1, Capacity: 40, Positions: true), new(0, 18, N: 4, Next: 1, Capacity: 40, Positions: true),
    ];

    public static IEnumerable<OpCase> All() => [.. OpCase.Each("dice", Shapes.Where(s => s.N == 0), Record), .. OpCase.Each("dice linear", Shapes.Where(s => s.N > 0), Record)];

    private static void Record(Trial t, Shape s)
    {
        (t.Pass, t.Capacity, t.TokenCapacity, t.StepFactorValue) = (new(s.Positions ? 3 : s.B, s.Training, [s.B]), s.Capacity, s.Capacity, s.Guard);
        DiceTensors dice = Tensors(t, s, "", t.Batch("x", s.H, terms: s.Terms, kind: s.RowKind));
        if (s.N == 0)
        {
            Tensor y = t.Output("y", s.H, terms: s.B, kind: s.RowKind);
            t.Op(new Dice(t.Workspace, dice, y));
            t.Reference(v => Activated(v, s, dice, v[dice.X]).CopyTo(v[y], 0));
            return;
        }
        bool ends = s.Next == 0;
        Layer first = AddLayer(t, s, "", dice, s.N, s.Bias, ends);
        if (ends)
        {
            t.Reference(v => Forward(v, s, first, v[dice.X]).CopyTo(v[first.Y], 0));
            return;
        }
        Layer second = AddLayer(t, s, " of the next", Tensors(t, s, " of the next", first.Y), s.Next, bias: true, ends: true);
        t.Reference(v => Forward(v, s, second, Forward(v, s, first, v[dice.X])).CopyTo(v[second.Y], 0));
    }

    private readonly record struct Layer(DiceTensors Dice, Tensor W, Tensor? B, Tensor Y);

    private static DiceTensors Tensors(Trial t, Shape s, string suffix, Tensor x)
    {
        Random random = t.Random("running variance" + suffix);
        Tensor mean = t.State(t.Workspace.Tensor("running mean" + suffix, 1, x.Columns), terms: s.Terms);
        Tensor variance = t.State(t.Workspace.Tensor("running variance" + suffix, 1, x.Columns), _ => 0.5f + random.NextSingle(), s.Terms);
        return new DiceTensors(x, t.Parameter("alpha" + suffix, 1, x.Columns, terms: s.Terms), mean, variance, s.Constants);
    }

    private static Layer AddLayer(Trial t, Shape s, string suffix, DiceTensors dice, int units, bool bias, bool ends)
    {
        Tensor w = t.Parameter("W" + suffix, units, dice.X.Columns, terms: s.Terms);
        Tensor? b = bias ? t.Parameter("b" + suffix, 1, units, terms: s.Terms) : null;
        Tensor y = ends ? t.Output("y" + suffix, units, terms: s.Terms, kind: s.RowKind) : t.Workspace.Tensor("hidden", dice.X.Rows, units, gradient: true, s.RowKind);
        t.Op(new DiceLinear(t.Workspace, dice, w, b, y));
        return new Layer(dice, w, b, y);
    }

    /// <summary>Adds Dice and a layer of some units over positions that another op writes; returns the formula of its output.</summary>
    public static Action<ReferenceValues, double[]> Behind(Trial t, Tensor x, int rows, int capacity, int units)
    {
        Shape s = new(rows, x.Columns, Capacity: capacity, Positions: true, N: units);
        Layer layer = AddLayer(t, s, " behind", Tensors(t, s, " behind", x), units, bias: true, ends: true);
        return (v, values) => Forward(v, s, layer, values).CopyTo(v[layer.Y], 0);
    }

    private static double[] Forward(ReferenceValues v, Shape s, Layer layer, double[] x)
    {
        int h = layer.W.Columns, n = checked((int)layer.W.Rows);
        double[] y = new double[s.B * n];
        ReferenceValues.Linear(Activated(v, s, layer.Dice, x), v[layer.W], layer.B is null ? null : v[layer.B], s.B, n, h, y);
        return y;
    }

    /// <summary>Dice(x), and the updated running averages.</summary>
    private static double[] Activated(ReferenceValues v, Shape s, DiceTensors dice, double[] x)
    {
        int n = dice.X.Columns;
        double[] y = new double[s.B * n], column = new double[s.B], means = v[dice.RunningMean], variances = v[dice.RunningVariance], alpha = v[dice.Alpha];
        for (int h = 0; h < n; h++)
        {
            double m = means[h], sigma2 = variances[h];
            for (int b = 0; b < s.B; b++)
                column[b] = x[b * n + h];
            if (s.Training && s.B > 0)
            {
                m = column.Average();
                sigma2 = column.Average(value => (value - m) * (value - m));
                if (s.Guard != 0)
                {
                    double mu = s.Constants.Momentum, kept = s.Unbiased && s.B > 1 ? sigma2 * s.B / (s.B - 1) : sigma2;
                    (means[h], variances[h]) = ((1 - mu) * means[h] + mu * m, (1 - mu) * variances[h] + mu * kept);
                }
            }
            for (int b = 0; b < s.B; b++)
            {
                double value = column[b], p = 1 / (1 + Math.Exp(-(value - m) / Math.Sqrt(sigma2 + s.Constants.Epsilon)));
                y[b * n + h] = p * value + (1 - p) * alpha[h] * value;
            }
        }
        return y;
    }
}
