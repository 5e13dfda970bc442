using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Loss;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Ranking;

/// <summary>The output of a model that predicts items: the score of item v in row m is ⟨h_m, e_v⟩ (+ b_v).</summary>
/// <param name="H">(M, D) states, over predictions.</param>
/// <param name="Table">(ΣV, D) e is a part of it.</param>
/// <param name="Rows">The rows of the table that are items.</param>
/// <param name="Bias">(1, V) b, or null.</param>
public sealed record ItemOutput(Tensor H, Tensor Table, SoftmaxCrossEntropy.OutputRows Rows, Tensor? Bias)
{
    /// <exception cref="KernelException">The shapes do not fit.</exception>
    internal void Check(string op)
    {
        if (Table.Columns != H.Columns || Bias is not null && Bias.Length != Rows.Count || Rows.First < 0 || Rows.Count < 1 || Rows.First + Rows.Count > Table.Rows)
            throw new KernelException($"{op}: h {H}, items {Rows.First} to {Rows.First + Rows.Count} of {Table} and b {Bias?.ToString() ?? "none"} do not fit");
    }

    internal ItemScores Scores(Workspace workspace, LeaveOut? leaveOut, long blockScores) =>
        new(workspace, H, ItemScores.Part(workspace, Table, Rows.First, Rows.Count), Bias, leaveOut, blockScores);
}
