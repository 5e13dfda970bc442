using GpuCtr.Kernels.Loss;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>SampledSoftmax: every logit of every candidate with its correction, and the gradients of the candidates' rows by their formula.</summary>
internal static class SampledSoftmaxCases
{
    /// <summary>C of V items are candidates, with room for three more; row gradients of the table begin three rows before theirs.</summary>
    private readonly record struct Shape(int M, int V, int C, int D, int First = 1, int Samples = 4, int Capacity = 0, int Block = 0, bool NoBias = false);

    private static readonly Shape[] shapes =
    [
        new(1, 1, 1, 1), new(3, 9, 2, 1, First: 0), new(5, 9, 9, 4), new(0, 9, 2, 4, Capacity: 3), new(33, 170, 70, 17, Capacity: 40, Samples: 60), new(70, 133, 33, 40, First: 0, Samples: 1000),
        new(64, 4000, 130, 8, Samples: 100), new(130, 100, 70, 9, Block: 1), new(40, 300, 70, 5, NoBias: true, Samples: 0),
    ];

    private const int Before = 3, Room = 3;

    public static IEnumerable<OpCase> All() => OpCase.Each("sampled softmax", shapes, Record);

    private static void Record(Trial t, Shape s)
    {
        (t.Pass, t.PredictionCapacity, t.CandidateCapacity) = (new(2, true, [0, s.M, s.C]), Math.Max(s.M, s.Capacity), s.C + Room);
        Random random = t.Random("values");
        Tensor h = t.Batch("h", s.D, terms: s.C, kind: RowKind.Prediction);
        Tensor? bias = s.NoBias ? null : t.Parameter("bias", 1, s.V, terms: s.M);
        Tensor table = t.Parameter("table", s.V + s.First + 1, s.D, gradient: false);
        double[] frequencies = [.. Enumerable.Range(0, s.V).Select(v => s.V == 1 ? 1 : (v % 3 + 0.5) / (1.5 * s.V + 1))];
        Tensor shares = t.Parameter("shares", 1, s.V, gradient: false, fill: v => (float)Math.Max(-1e30, Math.Log(1 - frequencies[v])));
        int[] items = [.. Enumerable.Range(0, s.V).OrderBy(_ => random.Next()).Take(s.C).Order()], right = [.. Enumerable.Range(0, s.M).Select(m => m == 0 ? 0 : m == 1 ? s.C - 1 : random.Next(s.C))];
        DeviceArray<int> candidates = t.Workspace.Array<int>("candidates", s.C + Room), targets = t.Workspace.Array<int>("targets", Math.Max(1, t.PredictionCapacity));
        t.Upload(candidates, [.. items.Select(v => s.First + v)]);
        t.Upload(targets, right);
        // Gradients before those of the candidates belong to other lookups.
        Tensor gradients = t.State(t.Workspace.Tensor("row gradients", Before + s.C + Room, s.D), i => i, Math.Max(1, s.M));
        Tensor loss = t.State(t.Workspace.Tensor("loss", 1, 3), i => i == 0 ? 0 : i == 1 ? 0.5f : 3, Math.Max(1, s.M), [1, 0, 0]);
        SampledSoftmax op = new(t.Workspace, h, table, gradients, Before, new(s.First, s.V), bias, shares, candidates, targets, s.Samples, loss, s.Block);
        t.Forward(pass => op.Run(pass));
        t.Owns(op);
        t.Reference(r =>
        {
            double[] logChances = [.. items.Select(v => Math.Log(1 - Math.Pow(1 - 1.0 / s.V, s.Samples) * Math.Exp(s.M * (double)(float)Math.Max(-1e30, Math.Log(1 - frequencies[v])))))];
            double[] states = r[h], e = [.. items.SelectMany(v => r[table].Skip((s.First + v) * s.D).Take(s.D))], given = r[gradients], all = new double[s.M * s.C];
            double[]? biases = bias is null ? null : [.. items.Select(v => r[bias][v])];
            ReferenceValues.Linear(states, e, biases, s.M, s.C, s.D, all);
            double sum = 0;
            Array.Clear(given, Before * s.D, s.C * s.D);
            for (int m = 0; m < s.M; m++)
            {
                double[] logits = [.. Enumerable.Range(0, s.C).Select(c => all[m * s.C + c] - (c == right[m] ? 0 : logChances[c]))];
                double powers = logits.Sum(Math.Exp);
                sum += Math.Log(powers) - logits[right[m]];
                for (int c = 0; c < s.C; c++)
                {
                    double slope = (Math.Exp(logits[c]) / powers - (c == right[m] ? 1 : 0)) / s.M;
                    for (int d = 0; d < s.D; d++)
                        given[(Before + c) * s.D + d] += slope * states[m * s.D + d];
                }
            }
            r[loss][0] = sum / Math.Max(1, s.M);
            r[loss][1] += sum;
            r[loss][2] += s.M;
        });
    }
}
