using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Numerics;
using GpuCtr.Kernels.Reductions;
using GpuCtr.Kernels.Tensors;
using ILGPU;
using ILGPU.Algorithms;

namespace GpuCtr.Kernels.Loss;

/// <summary>Cross entropy of the clicks of a list with a softmax over its items, mean over the lists (PRM, Pei et al., RecSys 2019, eq. 8, which is the sum), and its gradient, in one pass.</summary>
/// <remarks>
/// loss = 1/L Σ_lists −Σ_i y_i log P_i,   P = softmax over the items of the list;   ds_i = (k P_i − y_i) / L, k = Σ_i y_i the clicks of the list.
/// L are the lists of all ranks, and one in an empty batch. A list with k clicks counts k times; one without clicks contributes 0 and is counted in L.
/// s, y (B, 1), the items of a list consecutive.   Every sum is in the order of items and lists: the same bits every run.
/// </remarks>
public sealed partial class ListCrossEntropy : ILoss
{
    private readonly SequenceItems lists;
    private readonly Tensor score, label, loss;
    private readonly PassWork run;

    /// <summary>Kernel arguments; <paramref name="Count"/> is L.</summary>
    public readonly record struct Args(SequenceRows Lists, ArrayView<float> S, ArrayView<float> Y, ArrayView<float> Ds, ArrayView<float> Loss, int Count);

    /// <param name="workspace">Reserves partial sums.</param>
    /// <param name="lists">Which rows are the items of a list.</param>
    /// <param name="score">(B, 1) s, with gradient.</param>
    /// <param name="label">(B, 1) y, 0 or 1.</param>
    /// <param name="loss">(1, 3): mean loss of the last batch, or this rank's part of it; sum over the lists, and their number, since the host last cleared it.</param>
    public ListCrossEntropy(Workspace workspace, SequenceItems lists, Tensor score, Tensor label, Tensor loss)
    {
        (this.lists, this.score, this.label, this.loss) = (lists, score, label, loss);
        if (!lists.AreExamples || lists.HasTarget || score.Columns != 1 || label.Columns != 1 || score.RowKind != lists.Rows || score.Gradient is null)
            throw new KernelException($"list cross entropy: scores {score} and labels {label} are not those of lists on {workspace.Device}");
        score.Consume();
        run = workspace.Device.Select(() => Portable(workspace), () => Simd(workspace));
    }

    /// <inheritdoc/>
    public void Run(in Pass pass) => run(pass);

    /// <inheritdoc/>
    public Work Work(in Pass pass) => Kernels.Work.Floats(3.0 * pass.Rows);

    private int CountOf(in Pass pass) => Math.Max(1, lists.WholeCount(pass));

    private PassWork Portable(Workspace workspace)
    {
        ColumnSums<Terms> sums = new(workspace, "loss", score.Rows, 1);
        return (in Pass pass) => sums.Run(new(new(lists.Bind(pass), score.View, label.View, score.Gradient!.View, loss.View, CountOf(pass))), lists.Count(pass));
    }

    /// <summary>Σ loss; writes ds along the way.</summary>
    public readonly struct Terms(Args a) : IColumnTerms
    {
        private readonly Args a = a;

        /// <inheritdoc/>
        public Float4 Term(int row, int column)
        {
            int first = a.Lists.First(row), last = a.Lists.Last(row);
            LogSum sum = LogSum.None;
            float clicks = 0, clicked = 0;
            for (int i = first; i <= last; i++)
            {
                sum = sum.With(a.S[i]);
                clicks += a.Y[i];
            }
            for (int i = first; i <= last; i++)
            {
                // Relative to the highest, so that a list whose scores are all large loses nothing.
                float y = a.Y[i], s = a.S[i] - sum.Highest;
                clicked += y * s;
                a.Ds[i] = (clicks * XMath.Exp(s) / sum.Sum - y) / a.Count;
            }
            return new(last < first ? 0 : clicks * XMath.Log(sum.Sum) - clicked);
        }

        /// <inheritdoc/>
        public void Take(int column, Float4 sums)
        {
            a.Loss[0] = sums.X / a.Count;
            a.Loss[1] += sums.X;
            a.Loss[2] += a.Lists.B;
        }
    }
}
