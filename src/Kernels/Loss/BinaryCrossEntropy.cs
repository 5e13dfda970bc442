using GpuCtr.Kernels.Numerics;
using GpuCtr.Kernels.Reductions;
using GpuCtr.Kernels.Tensors;
using ILGPU;
using ILGPU.Algorithms;

namespace GpuCtr.Kernels.Loss;

/// <summary>Mean binary cross entropy of logits, and its gradient, in one pass.</summary>
/// <remarks>
/// loss = 1/B Σ_b w (max(z,0) − z y + log(1 + e^{−|z|})),   dz = w (σ(z) − y) / B;   with ε, −log p is replaced by −log(p + ε) (<see cref="ProbabilityFloor"/>).
/// z, y, w (B, 1); w = 1 without weights.  On several ranks, B is their rows together, and each has its part of the sum.  Rows are summed in a fixed order: the same bits every run on any number of threads.
/// </remarks>
public sealed partial class BinaryCrossEntropy : ILoss
{
    private readonly Tensor logit, label, loss;
    private readonly Tensor? weight;
    private readonly ProbabilityFloor floor;
    private readonly Action<int, int> run;

    /// <summary>Kernel arguments.</summary>
    public readonly record struct Args(ArrayView<float> Z, ArrayView<float> Y, ArrayView<float> W, ArrayView<float> Dz, ArrayView<float> Loss, ProbabilityFloor Floor, int Weighted, int Rows, int WholeRows);

    /// <param name="workspace">Reserves partial sums.</param>
    /// <param name="logit">(B, 1) with gradient.</param>
    /// <param name="label">(B, 1) in [0, 1].</param>
    /// <param name="loss">(1, 3): mean loss of the last batch; sum over the rows, and their number, since the host last cleared it.</param>
    /// <param name="weight">(B, 1) weights of the rows, 1 on average over an epoch; null: all are 1.</param>
    /// <param name="epsilon">ε, added to both probabilities.</param>
    public BinaryCrossEntropy(Workspace workspace, Tensor logit, Tensor label, Tensor loss, Tensor? weight = null, float epsilon = 0)
    {
        (this.logit, this.label, this.loss, this.weight, floor) = (logit, label, loss, weight, new(epsilon));
        logit.Consume();
        run = workspace.Device.Select(() => Portable(workspace), () => Simd(workspace));
    }

    /// <summary>Computes loss and dz of the rows of the batch.</summary>
    public void Run(in Pass pass) => run(pass.Rows, pass.WholeRows);

    /// <inheritdoc/>
    public Work Work(in Pass pass) => Kernels.Work.Floats(3.0 * pass.Rows);

    private Action<int, int> Portable(Workspace workspace)
    {
        ColumnSums<Terms> sums = new(workspace, "loss", logit.Rows, 1);
        return (rows, whole) => sums.Run(new(new(logit.View, label.View, (weight ?? label).View, logit.Gradient!.View, loss.View, floor, weight is null ? 0 : 1, rows, whole)), rows);
    }

    /// <summary>Σ loss; writes dz along the way.</summary>
    public readonly struct Terms(Args a) : IColumnTerms
    {
        private readonly Args a = a;

        /// <inheritdoc/>
        public Float4 Term(int row, int column)
        {
            float z = a.Z[row], y = a.Y[row], w = a.Weighted != 0 ? a.W[row] : 1f, e = XMath.Exp(-XMath.Abs(z));
            a.Dz[row] = w * ((z >= 0 ? 1 / (1 + e) : e / (1 + e)) - y + y * a.Floor.OfSlope(z) - (1 - y) * a.Floor.OfSlope(-z)) / a.WholeRows;
            return new(w * ((z > 0 ? z : 0) - z * y + Squash.LogOfOnePlus(e) - y * a.Floor.OfLoss(z) - (1 - y) * a.Floor.OfLoss(-z)));
        }

        /// <inheritdoc/>
        public void Take(int column, Float4 sums)
        {
            a.Loss[0] = sums.X / a.WholeRows;
            a.Loss[1] += sums.X;
            a.Loss[2] += a.Rows;
        }
    }
}
