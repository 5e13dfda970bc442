using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;
using ILGPU;
using ILGPU.Algorithms;

namespace GpuCtr.Kernels.Loss;

/// <summary>The cross entropy of a softmax over candidates in place of all items, for vocabularies whose table is too large to be read in every step (Bengio and Senécal 2008; Yang et al. 2020, whose mixed negatives these are).</summary>
/// <remarks>
/// Candidates are the distinct items that the batch predicts, and those of S uniform draws. l_mc = ⟨h_m, e_c⟩ + b_c − log π_c for all candidates except the correct one of row m, which has no −log π:
/// π_v = 1 − (1 − 1/V)^S (1 − f_v)^M is the probability that v is a candidate, f_v its share of the items of the training set. So Σ_c e^{l_mc} estimates the sum over all items without bias.
/// The loss over the gathered rows is <see cref="SoftmaxCrossEntropy"/>, 6·M·C·D operations; in addition, C rows are read and their gradients written as those of C lookups of the table,
/// which may then be updated lazily; b is as long as the vocabulary, and its gradient is 0 for items that are not candidates.
/// </remarks>
public sealed unsafe partial class SampledSoftmax : ILoss, IDisposable
{
    private const int RowsOfTask = 64;

    private readonly Device device;
    private readonly Tensor h, table, shares, rowsOfCandidates, biases, logChances;
    private readonly Tensor? bias;
    private readonly SoftmaxCrossEntropy.OutputRows rows;
    private readonly DeviceArray<int> candidates;
    private readonly int samples;
    private readonly SoftmaxCrossEntropy softmax;
    private readonly PassWork gather, scatter;

    /// <param name="workspace">Reserves the rows of candidates.</param>
    /// <param name="h">(M, D) with gradient, over predictions.</param>
    /// <param name="table">(ΣV, D).</param>
    /// <param name="gradients">(·, D) row gradients of the table; those of the candidates begin at <paramref name="firstGradient"/>.</param>
    /// <param name="firstGradient">See there.</param>
    /// <param name="rows">Which rows of the table are items that can be predicted.</param>
    /// <param name="bias">(1, V) b with gradient, or null.</param>
    /// <param name="shares">(1, V) log(1 − f_v).</param>
    /// <param name="candidates">(C) distinct rows of the table.</param>
    /// <param name="targets">(M) which candidate is right.</param>
    /// <param name="samples">S.</param>
    /// <param name="loss">(1, 3) as in <see cref="SoftmaxCrossEntropy"/>.</param>
    /// <param name="blockLogits">Logits of a block of rows; 0: chosen for the device.</param>
    public SampledSoftmax(
        Workspace workspace, Tensor h, Tensor table, Tensor gradients, long firstGradient, SoftmaxCrossEntropy.OutputRows rows, Tensor? bias, Tensor shares,
        DeviceArray<int> candidates, DeviceArray<int> targets, int samples, Tensor loss, long blockLogits = 0)
    {
        (device, this.h, this.table, this.rows, this.bias, this.shares, this.candidates, this.samples) = (workspace.Device, h, table, rows, bias, shares, candidates, samples);
        int most = checked((int)candidates.Length);
        if (table.Columns != gradients.Columns || firstGradient + most > gradients.Rows || bias is not null && (bias.Length != rows.Count || bias.Gradient is null) || shares.Length != rows.Count)
            throw new KernelException($"sampled softmax: {most} candidates, row gradients {gradients} from {firstGradient} on, b {bias?.ToString() ?? "none"} and shares {shares} do not fit {rows.Count} items of {table} on {device}");
        bias?.Consume();
        rowsOfCandidates = workspace.Tensor("candidates' rows", most, table.Columns, kind: RowKind.Candidate);
        Tensor gradient = rowsOfCandidates.Gradient = new("d candidates' rows", most, table.Columns, RowKind.Candidate);
        workspace.OnAllocate(() => gradient.BindSlice(gradients, firstGradient * table.Columns, device));
        biases = workspace.Tensor("candidates' biases", 1, most, gradient: true);
        logChances = workspace.Tensor("candidates' log π", 1, most);
        softmax = new(workspace, h, rowsOfCandidates, new(0, most), biases, targets, loss, blockLogits, logChances);
        (gather, scatter) = device.Select(Portable, Simd);
    }

    /// <summary>Kernel arguments; Biases are the candidates' when gathered, and their gradients when scattered.</summary>
    public readonly record struct Args(
        ArrayView<int> Candidates, ArrayView<float> Table, ArrayView<float> Rows, ArrayView<float> Bias, ArrayView<float> Biases, ArrayView<float> Shares, ArrayView<float> LogChances,
        int HasBias, int C, int M, int D, int V, int FirstItem, float LogNotDrawn);

    /// <inheritdoc/>
    public void Run(in Pass pass)
    {
        gather(pass);
        softmax.Run(pass);
        scatter(pass);
    }

    /// <inheritdoc/>
    public Work Work(in Pass pass)
    {
        Work ofSoftmax = softmax.Work(pass);
        return new(ofSoftmax.Bytes + sizeof(float) * (2.0 * pass.RowsOf(rowsOfCandidates) * table.Columns + rows.Count), ofSoftmax.Flops);
    }

    /// <inheritdoc/>
    public void Dispose() => softmax.Dispose();

    /// <summary>log π from log(1 − f_v), S log(1 − 1/V) and M.</summary>
    private static float LogChance(float share, float logNotDrawn, int m)
    {
        float x = logNotDrawn + m * share;
        // 1 − e^x near 0, by its series.
        float chance = x > -0.25f ? -x * (1 + x / 2 * (1 + x / 3 * (1 + x / 4 * (1 + x / 5)))) : 1 - XMath.Exp(x);
        return XMath.Log(chance);
    }

    private float LogNotDrawn => (float)(rows.Count == 1 ? -1e30 : samples * Math.Log(1 - 1.0 / rows.Count));

    private (PassWork Gather, PassWork Scatter) Portable()
    {
        Kernel<Args> copy = new(device, CopyKernel), biasesOf = new(device, BiasKernel), clear = new(device, ClearKernel), write = new(device, WriteKernel);
        return (
            (in Pass pass) =>
            {
                Args a = Bind(pass, bias, biases);
                copy.Run((long)a.C * a.D, a);
                biasesOf.Run(a.C, a);
            },
            (in Pass pass) =>
            {
                if (bias is null)
                    return;
                Args a = Bind(pass, bias.Gradient, biases.Gradient!);
                clear.Run(a.V, a);
                write.Run(a.C, a);
            }
        );
    }

    private Args Bind(in Pass pass, Tensor? bias, Tensor biases) => new(
        candidates.View, table.View, rowsOfCandidates.View, (bias ?? biases).View, biases.View, shares.View, logChances.View,
        bias is null ? 0 : 1, pass.RowsOf(rowsOfCandidates), pass.RowsOf(h), table.Columns, rows.Count, rows.First, LogNotDrawn);

    private static void CopyKernel(Args a)
    {
        for (long i = Grid.GlobalLinearIndex; i < (long)a.C * a.D; i += GridLoop.Stride)
            a.Rows[i] = a.Table[(long)a.Candidates[(int)(i / a.D)] * a.D + i % a.D];
    }

    private static void BiasKernel(Args a)
    {
        for (int c = Grid.GlobalLinearIndex; c < a.C; c += GridLoop.Stride)
        {
            int item = a.Candidates[c] - a.FirstItem;
            float log = LogChance(a.Shares[item], a.LogNotDrawn, a.M);
            a.LogChances[c] = log;
            a.Biases[c] = (a.HasBias != 0 ? a.Bias[item] : 0f) - log;
        }
    }

    private static void ClearKernel(Args a)
    {
        for (int v = Grid.GlobalLinearIndex; v < a.V; v += GridLoop.Stride)
            a.Bias[v] = 0;
    }

    private static void WriteKernel(Args a)
    {
        for (int c = Grid.GlobalLinearIndex; c < a.C; c += GridLoop.Stride)
            a.Bias[a.Candidates[c] - a.FirstItem] = a.Biases[c];
    }

    private (PassWork Gather, PassWork Scatter) Simd()
    {
        int d = table.Columns, m = 0;
        RowBlocks blocks = new(device, RowsOfTask, (first, end) =>
        {
            for (int c = first; c < end; c++)
            {
                int row = candidates.Pointer[c], item = row - rows.First;
                table.Span((long)row * d, d).CopyTo(rowsOfCandidates.Span((long)c * d, d));
                float log = LogChance(shares.Pointer[item], LogNotDrawn, m);
                logChances.Pointer[c] = log;
                biases.Pointer[c] = (bias is null ? 0 : bias.Pointer[item]) - log;
            }
        });
        return (
            (in Pass pass) =>
            {
                m = pass.RowsOf(h);
                blocks.Run(pass.RowsOf(rowsOfCandidates));
            },
            (in Pass pass) =>
            {
                if (bias is null)
                    return;
                float* to = bias.Gradient!.Pointer, from = biases.Gradient!.Pointer;
                bias.Gradient.Span().Clear();
                for (int c = 0; c < pass.RowsOf(rowsOfCandidates); c++)
                    to[candidates.Pointer[c] - rows.First] = from[c];
            }
        );
    }
}
