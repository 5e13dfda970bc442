using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Loss;

public sealed unsafe partial class BinaryCrossEntropy
{
    private const int BlockRows = 256;

    // B of the passes of all ranks.
    private int count;

    private Action<int, int> Simd(Workspace workspace)
    {
        Tensor partials = workspace.Tensor("loss partials", (logit.Rows + BlockRows - 1) / BlockRows, 1);
        RowBlocks blocks = new(workspace.Device, BlockRows, (first, end) => partials.Pointer[first / BlockRows] = SumOf(first, end));
        return (rows, whole) =>
        {
            count = whole;
            float sum = 0;
            for (int i = 0, end = blocks.Run(rows); i < end; i++)
                sum += partials.Pointer[i];
            loss.Pointer[0] = sum / whole;
            loss.Pointer[1] += sum;
            loss.Pointer[2] += rows;
        };
    }

    private float SumOf(int firstRow, int endRow)
    {
        float sum = 0;
        for (int b = firstRow; b < endRow; b++)
        {
            float z = logit.Pointer[b], y = label.Pointer[b], w = weight is null ? 1 : weight.Pointer[b], e = MathF.Exp(-MathF.Abs(z));
            sum += w * ((z > 0 ? z : 0) - z * y + (e < 1e-4f ? e - 0.5f * e * e : MathF.Log(1 + e)) - y * floor.OfLoss(z) - (1 - y) * floor.OfLoss(-z));
            logit.Gradient!.Pointer[b] = w * ((z >= 0 ? 1 / (1 + e) : e / (1 + e)) - y + y * floor.OfSlope(z) - (1 - y) * floor.OfSlope(-z)) / count;
        }
        return sum;
    }
}
