using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Ranking;

/// <summary>The scores of given items, C for every row.</summary>
/// <remarks>
/// s_mc = ⟨h_m, e_{id(m,c)}⟩ (+ b_{id(m,c)}), −∞ where the id is −1: no candidate.
/// 2·M·C·D operations on as many rows of e: memory-bound, so if most items are candidates, computing all scores is faster.
/// </remarks>
public sealed unsafe class CandidateScores
{
    private readonly Device device;
    private readonly ItemOutput output;
    private readonly DeviceArray<int> candidates;
    private readonly Tensor scores;
    private readonly PassWork run;

    /// <param name="device">The device.</param>
    /// <param name="output">States and items.</param>
    /// <param name="candidates">(M · C) rows of the table, all of them among the items, or −1.</param>
    /// <param name="scores">(M, C) the result.</param>
    public CandidateScores(Device device, ItemOutput output, DeviceArray<int> candidates, Tensor scores)
    {
        (this.device, this.output, this.candidates, this.scores) = (device, output, candidates, scores);
        output.Check("candidate scores");
        if (scores.Rows < output.H.Rows || candidates.Length < scores.Length)
            throw new KernelException($"candidate scores: {candidates.Length} candidates and {scores} do not fit {output.H}");
        run = device.Select(Portable, Simd);
    }

    /// <summary>Kernel arguments.</summary>
    public readonly record struct Args(ArrayView<float> H, ArrayView<float> Table, ArrayView<float> Bias, ArrayView<int> Candidates, ArrayView<float> Scores, int HasBias, int Count, int C, int D, int FirstItem);

    /// <summary>Writes the scores of the predictions of a pass.</summary>
    public void Run(in Pass pass) => run(pass);

    /// <summary>Minimum of bytes and operations.</summary>
    public Work Work(in Pass pass)
    {
        double m = pass.RowsOf(output.H), pairs = m * scores.Columns;
        return Kernels.Work.Floats(m * output.H.Columns + pairs * (output.H.Columns + 2), 2 * pairs * output.H.Columns);
    }

    private PassWork Portable()
    {
        Kernel<Args> kernel = new(device, Kernel);
        return (in Pass pass) =>
        {
            int count = pass.RowsOf(output.H) * scores.Columns;
            kernel.Run(count, new(
                output.H.View, output.Table.View, (output.Bias ?? output.H).View, candidates.View, scores.View, output.Bias is null ? 0 : 1, count, scores.Columns, output.H.Columns, output.Rows.First));
        };
    }

    /// <summary>One item = one candidate.</summary>
    private static void Kernel(Args a)
    {
        for (int i = Grid.GlobalLinearIndex; i < a.Count; i += GridLoop.Stride)
        {
            int id = a.Candidates[i];
            float sum = float.NegativeInfinity;
            if (id >= 0)
            {
                long h = (long)(i / a.C) * a.D, e = (long)id * a.D;
                sum = a.HasBias != 0 ? a.Bias[id - a.FirstItem] : 0f;
                for (int d = 0; d < a.D; d++)
                    sum += a.H[h + d] * a.Table[e + d];
            }
            a.Scores[i] = sum;
        }
    }

    private PassWork Simd()
    {
        RowBlocks blocks = new(device, 1, ScoreRows);
        return (in Pass pass) => blocks.Run(pass.RowsOf(output.H));
    }

    private void ScoreRows(int first, int end)
    {
        int c = scores.Columns, d = output.H.Columns;
        for (int r = first; r < end; r++)
            for (int i = r * c; i < (r + 1) * c; i++)
            {
                int id = candidates.Pointer[i];
                float dot = id < 0 ? float.NegativeInfinity : Sums.Dot(output.H.Pointer + (long)r * d, output.Table.Pointer + (long)id * d, d);
                scores.Pointer[i] = id < 0 || output.Bias is null ? dot : dot + output.Bias.Pointer[id - output.Rows.First];
            }
    }
}
