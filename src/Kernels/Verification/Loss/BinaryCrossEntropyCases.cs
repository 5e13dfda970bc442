using GpuCtr.Kernels.Loss;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>BinaryCrossEntropy: mean of w (log(1 + e^z) − z y), which float64 holds for every |z| below 700.</summary>
internal static class BinaryCrossEntropyCases
{
    private static readonly float[] extreme = [-100, 100, -100, 100, 0, 0, -20, 20, -9, 9, 88, -88, 1e-6f, -1e-6f];

    private readonly record struct Shape(int B, int Capacity = 0, bool Extreme = false, bool Weighted = false, float Epsilon = 0);

    public static IEnumerable<OpCase> All() => OpCase.Each<Shape>(
        "binary cross entropy", [new(1), new(5), new(255), new(256), new(257), new(1000), new(3, Capacity: 300), new(extreme.Length, Extreme: true), new(1, Weighted: true), new(300, 301, Weighted: true), new(extreme.Length, Extreme: true, Epsilon: 1e-8f), new(300, 301, Weighted: true, Epsilon: 0.01f)], Record);

    private static void Record(Trial t, Shape s)
    {
        (t.Pass, t.Capacity) = (new(s.B, true), s.Capacity);
        Random random = t.Random("logits");
        Tensor z = t.Batch("logit", 1, fill: i => s.Extreme ? extreme[i] : random.NextSingle() * 8 - 4);
        Tensor y = t.Batch("label", 1, gradient: false, fill: i => s.Extreme ? i / 2 % 2 : s.Weighted ? random.NextSingle() : random.Next(2));
        Tensor? w = s.Weighted ? t.Batch("weight", 1, gradient: false, fill: _ => random.NextSingle() * 3) : null;
        // Mean of this batch; sum and rows continue from earlier batches.
        Tensor loss = t.State(t.Workspace.Tensor("loss", 1, 3), i => i == 0 ? 0 : i == 1 ? 0.5f : 3, s.B, [1, 0, 0]);
        BinaryCrossEntropy op = new(t.Workspace, z, y, loss, w, s.Epsilon);
        t.Forward(pass => op.Run(pass));
        t.Reference(v =>
        {
            double sum = 0;
            for (int b = 0; b < s.B; b++)
                sum -= (w is null ? 1 : v[w][b]) * (v[y][b] * LogOf(v[z][b]) + (1 - v[y][b]) * LogOf(-v[z][b]));
            v[loss][0] = sum / s.B;
            v[loss][1] += sum;
            v[loss][2] += s.B;
        });

        // Without ε as it is, since 1 + e^{−100} is 1.
        double LogOf(double logit) => s.Epsilon == 0 ? Math.Min(0, logit) - Math.Log(1 + Math.Exp(-Math.Abs(logit))) : Math.Log(1 / (1 + Math.Exp(-logit)) + s.Epsilon);
    }
}
