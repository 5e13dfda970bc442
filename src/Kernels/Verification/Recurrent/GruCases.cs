using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Recurrent;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>Gru, position by position and unit by unit, over histories of which the first has the maximum length and the second is empty.</summary>
internal static class GruCases
{
    private readonly record struct Shape(GruKind Kind, bool ResetAfter, int B, int I, int H, int MaxLength, int Capacity = 0, bool SharedInputs = false, bool Gradients = true);

    private static readonly IEnumerable<Shape> shapes =
    [
        .. from kind in Enum.GetValues<GruKind>()
           from after in new[] { true, false }
           from s in new Shape[] { new(kind, after, 1, 1, 1, 1), new(kind, after, 7, 4, 3, 5), new(kind, after, 3, 5, 17, 9, Capacity: 6) }
           select s,
        new(GruKind.Gru, true, 3, 3, 2, 0, Capacity: 4), new(GruKind.Gru, true, 5, 64, 64, 3), new(GruKind.Augru, true, 70, 6, 16, 4), new(GruKind.Augru, false, 53, 33, 34, 3),
        new(GruKind.AugruOfficial, false, 4, 20, 40, 30), new(GruKind.Agru, true, 130, 3, 5, 2), new(GruKind.Gru, false, 9, 9, 70, 3), new(GruKind.Augru, true, 6, 5, 8, 4, SharedInputs: true),
        new(GruKind.AugruOfficial, false, 6, 5, 8, 4, SharedInputs: true), new(GruKind.Augru, true, 6, 5, 8, 4, Gradients: false),
    ];

    public static IEnumerable<OpCase> All() => OpCase.Each("gru", shapes, Record);

    private static void Record(Trial t, Shape s)
    {
        SequenceTrial histories = new(t, s.B, s.MaxLength, s.Capacity);
        RowKind positions = RowKind.HistoryPosition(0);
        int terms = Math.Max(1, histories.Tokens), width = 3 * s.H;
        Random random = t.Random("a");
        Tensor x = t.Batch("x", s.I, s.Gradients, width, kind: positions);
        Tensor? a = s.Kind == GruKind.Gru ? null : t.Batch("a", 1, s.Gradients, width, _ => 0.05f + 0.9f * random.NextSingle(), positions);
        // As large as initial weights.
        Func<int, float> Scaled(string name, int inputs)
        {
            Random values = t.Random(name);
            return _ => (values.NextSingle() * 2 - 1) * MathF.Sqrt(3f / inputs);
        }
        GruWeights w = new(
            t.Parameter("W", width, s.I, terms: terms, fill: Scaled("W", s.I)), t.Parameter("U", width, s.H, terms: terms, fill: Scaled("U", s.H)),
            t.Parameter("b_i", 1, width, terms: terms), t.Parameter("b_h", 1, width, terms: terms));
        Tensor h = t.Output("h", s.H, terms: s.I + s.H, kind: positions);
        t.Op(new Gru(t.Workspace, histories.History(s.I), x, a, w, h, s.Kind, s.ResetAfter ? GruReset.After : GruReset.Before));
        if (s.SharedInputs)
            t.ReadAgain(a is null ? [x] : [x, a]);
        t.Reference(v =>
        {
            double[] outputs = v[h];
            for (int b = 0, position = 0; b < s.B; b++)
            {
                double[] state = new double[s.H];
                for (int i = 0; i < histories.Lengths[b]; i++, position++)
                {
                    state = Step(v, v[x].AsSpan(position * s.I, s.I), a is null ? 0 : v[a][position], state);
                    state.CopyTo(outputs, position * s.H);
                }
            }
        });

        double[] Step(ReferenceValues v, ReadOnlySpan<double> input, double attention, double[] state)
        {
            double[] r = new double[s.H], z = new double[s.H], next = new double[s.H];
            for (int j = 0; j < s.H; j++)
            {
                r[j] = Sigmoid(Row(v[w.Input], v[w.InputBias], j, input) + Row(v[w.Hidden], v[w.HiddenBias], j, state));
                z[j] = Sigmoid(Row(v[w.Input], v[w.InputBias], s.H + j, input) + Row(v[w.Hidden], v[w.HiddenBias], s.H + j, state));
            }
            double[] reset = [.. state.Select((value, j) => r[j] * value)];
            for (int j = 0; j < s.H; j++)
            {
                int unit = 2 * s.H + j;
                double n = Math.Tanh(Row(v[w.Input], v[w.InputBias], unit, input)
                    + (s.ResetAfter ? r[j] * Row(v[w.Hidden], v[w.HiddenBias], unit, state) : Row(v[w.Hidden], v[w.HiddenBias], unit, reset)));
                double u = s.Kind switch
                {
                    GruKind.Gru => 1 - z[j],
                    GruKind.Agru => attention,
                    GruKind.Augru => attention * (1 - z[j]),
                    _ => 1 - (1 - attention) * z[j],
                };
                next[j] = (1 - u) * state[j] + u * n;
            }
            return next;
        }
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    private static double Row(double[] weight, double[] bias, int unit, ReadOnlySpan<double> x)
    {
        double sum = bias[unit];
        for (int i = 0; i < x.Length; i++)
            sum += weight[unit * x.Length + i] * x[i];
        return sum;
    }
}
