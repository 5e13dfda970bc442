using GpuCtr.Kernels.Loss;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>BinaryCrossEntropy: mean of log(1 + e^z) − z y, which float64 holds for every |z| below 700.</summary>
internal static class BinaryCrossEntropyCases
{
    public static IEnumerable<OpCase> All()
    {
        foreach ((int rows, int capacity) in new[] { (1, 0), (5, 0), (255, 0), (256, 0), (257, 0), (1000, 0), (3, 300) })
            yield return Case($"{rows}{(capacity > 0 ? $" capacity {capacity}" : "")}", rows, capacity, null);
        float[] extreme = [-100, 100, -100, 100, 0, 0, -20, 20, -9, 9, 88, -88, 1e-6f, -1e-6f];
        yield return Case("extreme logits", extreme.Length, 0, i => extreme[i]);
    }

    private static OpCase Case(string shape, int rows, int capacity, Func<int, float>? logits) => new("binary cross entropy", shape, t =>
    {
        (t.Pass, t.Capacity) = (new(rows, true), capacity);
        Random random = t.Random("logits");
        Tensor z = t.Batch("logit", 1, fill: logits ?? (_ => random.NextSingle() * 8 - 4));
        Tensor y = t.Batch("label", 1, gradient: false, fill: i => logits is null ? random.Next(2) : i / 2 % 2);
        // Mean of this batch; sum and rows go on from batches before it.
        Tensor loss = t.State(t.Workspace.Tensor("loss", 1, 3), i => i == 0 ? 0 : i == 1 ? 0.5f : 3, rows, [1, 0, 0]);
        BinaryCrossEntropy op = new(t.Workspace, z, y, loss);
        t.Forward(pass => op.Run(pass.Rows));
        t.Reference(v =>
        {
            double sum = 0;
            for (int b = 0; b < rows; b++)
                sum += Math.Log(1 + Math.Exp(v[z][b])) - v[z][b] * v[y][b];
            v[loss][0] = sum / rows;
            v[loss][1] += sum;
            v[loss][2] += rows;
        });
    });
}
