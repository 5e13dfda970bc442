using GpuCtr.Kernels.Tensors;
using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Runtime;

namespace GpuCtr.Kernels.Loss;

/// <summary>Mean binary cross entropy of logits, and its gradient, in one pass.</summary>
/// loss = 1/B Σ_b max(z,0) − z y + log(1 + e^{−|z|}),   dz = (σ(z) − y) / B.
/// z, y (B, 1).  Sums of 256 rows, added up in order: the same bits every run on any number of threads.
public sealed unsafe class BinaryCrossEntropy
{
    private const int BlockRows = 256;

    private readonly Device device;
    private readonly Tensor logit, label, loss, partials;
    private readonly Action<int> block;
    private Action<KernelConfig, Args>? blocks, total;
    private int rows;

    /// <summary>What the kernels see.</summary>
    public readonly record struct Args(ArrayView<float> Z, ArrayView<float> Y, ArrayView<float> Dz, ArrayView<float> Partials, ArrayView<float> Loss, int Rows);

    /// <param name="workspace">Where partial sums are reserved.</param>
    /// <param name="logit">(B, 1) with gradient.</param>
    /// <param name="label">(B, 1), 0 or 1.</param>
    /// <param name="loss">(1, 3): mean loss of the last batch; sum over the rows, and their number, since the host last cleared it.</param>
    public BinaryCrossEntropy(Workspace workspace, Tensor logit, Tensor label, Tensor loss)
    {
        (device, this.logit, this.label, this.loss) = (workspace.Device, logit, label, loss);
        partials = workspace.Tensor("loss partials", (logit.Rows + BlockRows - 1) / BlockRows, 1);
        logit.Consume();
        block = Block;
    }

    /// <summary>Computes loss and dz of the first <paramref name="rows"/> rows.</summary>
    public void Run(int rows)
    {
        int count = (rows + BlockRows - 1) / BlockRows;
        if (device.UsesSimd)
        {
            this.rows = rows;
            device.Team!.Run(count, block);
            float sum = 0;
            for (int i = 0; i < count; i++)
                sum += partials.Pointer[i];
            loss.Pointer[0] = sum / rows;
            loss.Pointer[1] += sum;
            loss.Pointer[2] += rows;
            return;
        }
        Args args = new(logit.View, label.View, logit.Gradient!.View, partials.View, loss.View, rows);
        device.Load(ref blocks, BlockKernel)(device.Grid(count), args);
        device.Load(ref total, TotalKernel)(device.Grid(1), args);
    }

    private static void BlockKernel(Args a)
    {
        for (int i = Grid.GlobalLinearIndex; i * BlockRows < a.Rows; i += GridExtensions.Stride)
        {
            float sum = 0;
            for (int b = i * BlockRows; b < Math.Min(a.Rows, (i + 1) * BlockRows); b++)
            {
                float z = a.Z[b], y = a.Y[b], e = XMath.Exp(-XMath.Abs(z));
                // log(1 + e) as two terms of its series where 1 + e would lose e.
                sum += (z > 0 ? z : 0) - z * y + (e < 1e-4f ? e - 0.5f * e * e : XMath.Log(1 + e));
                a.Dz[b] = ((z >= 0 ? 1 / (1 + e) : e / (1 + e)) - y) / a.Rows;
            }
            a.Partials[i] = sum;
        }
    }

    private static void TotalKernel(Args a)
    {
        for (int i = Grid.GlobalLinearIndex; i < 1; i += GridExtensions.Stride)
        {
            float sum = 0;
            for (int j = 0; j * BlockRows < a.Rows; j++)
                sum += a.Partials[j];
            a.Loss[0] = sum / a.Rows;
            a.Loss[1] += sum;
            a.Loss[2] += a.Rows;
        }
    }

    private void Block(int index)
    {
        float sum = 0;
        for (int b = index * BlockRows; b < Math.Min(rows, (index + 1) * BlockRows); b++)
        {
            float z = logit.Pointer[b], y = label.Pointer[b], e = MathF.Exp(-MathF.Abs(z));
            sum += (z > 0 ? z : 0) - z * y + (e < 1e-4f ? e - 0.5f * e * e : MathF.Log(1 + e));
            logit.Gradient!.Pointer[b] = ((z >= 0 ? 1 / (1 + e) : e / (1 + e)) - y) / rows;
        }
        partials.Pointer[index] = sum;
    }
}
