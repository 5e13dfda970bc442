using GpuCtr.Kernels.Loss;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>SoftmaxCrossEntropy: every logit, every power and their logarithm, row by row, which float64 holds for logits below 700.</summary>
internal static class SoftmaxCrossEntropyCases
{
    /// <summary>The table has <c>First</c> rows before the items and two after; <c>Block</c> logits are held at a time.</summary>
    private readonly record struct Shape(int M, int V, int D, int First = 1, int Capacity = 0, int Block = 0, float Scale = 1, bool NoBias = false);

    private static readonly Shape[] shapes =
    [
        new(1, 1, 1), new(3, 2, 1, First: 0), new(5, 9, 4), new(0, 9, 4, Capacity: 3), new(33, 70, 17, Capacity: 40), new(70, 33, 40, First: 0), new(31, 300, 8, First: 3),
        new(64, 130, 32), new(6, 2100, 5), new(130, 70, 9, Block: 1), new(200, 40, 3, First: 0, Block: 64 * 40), new(9, 20, 6, Scale: 9), new(40, 70, 5, NoBias: true), new(0, 5, 3, Capacity: 2, NoBias: true),
    ];

    public static IEnumerable<OpCase> All() => OpCase.Each("softmax cross entropy", shapes, Record);

    private static void Record(Trial t, Shape s)
    {
        (t.Pass, t.PredictionCapacity) = (new(2, true, [0, s.M, 0]), Math.Max(s.M, s.Capacity));
        Random random = t.Random("values");
        float Value(int _) => s.Scale * (random.NextSingle() * 2 - 1);
        int outside = s.First == 0 ? 0 : s.First + 2;
        Tensor h = t.Batch("h", s.D, terms: s.V, fill: Value, kind: RowKind.Prediction);
        Tensor? bias = s.NoBias ? null : t.Parameter("bias", 1, s.V, terms: s.M);
        // Rows that are not items stay unchanged.
        Tensor table = t.Parameter("table", s.V + outside, s.D, terms: s.M, fill: Value, gradientStart: outside > 0 ? 0 : float.NaN);
        int[] wanted = [.. Enumerable.Range(0, s.M).Select(m => m == 0 ? 0 : m == 1 ? s.V - 1 : random.Next(s.V))];
        DeviceArray<int> targets = t.Workspace.Array<int>("targets", Math.Max(1, t.PredictionCapacity));
        t.Upload(targets, [.. wanted.Select(v => s.First + v)]);
        // Mean of this batch; sum and number continue from earlier batches.
        Tensor loss = t.State(t.Workspace.Tensor("loss", 1, 3), i => i == 0 ? 0 : i == 1 ? 0.5f : 3, Math.Max(1, s.M), [1, 0, 0]);
        SoftmaxCrossEntropy op = new(t.Workspace, h, table, new(s.First, s.V), bias, targets, loss, s.Block);
        t.Forward(pass => op.Run(pass));
        t.Owns(op);
        t.Reference(r =>
        {
            double sum = 0;
            double[] all = new double[s.M * s.V];
            ReferenceValues.Linear(r[h], r[table][(s.First * s.D)..], bias is null ? null : r[bias], s.M, s.V, s.D, all);
            for (int m = 0; m < s.M; m++)
            {
                Span<double> logits = all.AsSpan(m * s.V, s.V);
                double powers = 0;
                foreach (double logit in logits)
                    powers += Math.Exp(logit);
                sum += Math.Log(powers) - logits[wanted[m]];
            }
            r[loss][0] = sum / Math.Max(1, s.M);
            r[loss][1] += sum;
            r[loss][2] += s.M;
        });
    }
}
