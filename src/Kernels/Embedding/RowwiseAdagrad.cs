using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Optimizers;
using GpuCtr.Kernels.Tensors;
using ILGPU;
using ILGPU.Algorithms;

namespace GpuCtr.Kernels.Embedding;

/// <summary>Adagrad with one number of state per row, the sum of the mean squares of its gradients (EXACT_ROWWISE_ADAGRAD of FBGEMM and TorchRec).</summary>
/// <remarks>
/// g = (dW[r] + λ W[r]) · stepFactor[0];  s[r] ← s[r] + Σ_d g_d² / D,  W[r] ← W[r] − η g / (√s[r] + ε). stepFactor[0] = 0: nothing moves.
/// Reads and writes W (ΣV, D) and s (ΣV, 1) of the updated rows, reads dW: 3·D + 2 floats per row; Adam moves 7·D.
/// Updates the rows of the batch by the compact gradient (U, D), or all rows; then the gradient is cleared after the update, because the next batch writes only its own rows.
/// One thread updates a row, because the step depends on all of the row's gradient; on GPUs by four floats if D is a multiple of four. Every sum has a fixed order: the same bits every run.
/// </remarks>
public sealed partial class RowwiseAdagrad : ITableUpdate
{
    private readonly Device device;
    private readonly Tensor table, gradient, stepFactor;
    private readonly SortedLookups? lookups;
    private readonly DeviceArray<int> segmentRow, segments;
    private readonly DeviceArray<StepScalars> scalars;
    private readonly float l2, epsilon;
    private readonly Action run;

    /// <summary>Kernel arguments; Rows = all rows if all are updated, else 0.</summary>
    public readonly record struct Args(
        ArrayView<float> W, ArrayView<float> Dw, ArrayView<float> S, ArrayView<int> SegmentRow, ArrayView<int> Segments, ArrayView<float> StepFactor, ArrayView<StepScalars> Scalars,
        float Epsilon, float L2, long Rows, int D);

    /// <param name="workspace">Reserves the state.</param>
    /// <param name="table">(ΣV, D).</param>
    /// <param name="gradient">(U, D) compact, or (ΣV, D) of all rows.</param>
    /// <param name="lookups">The batch's rows; null = update all rows.</param>
    /// <param name="rule">Row-wise Adagrad with its ε.</param>
    /// <param name="l2">λ if all rows are updated; 0 for the rows of the batch, whose gradient already includes it.</param>
    /// <param name="scalars">Step scalars.</param>
    /// <param name="stepFactor">(1, 4): its first number is the step factor (<see cref="GradientGuard.StepFactor"/>).</param>
    public RowwiseAdagrad(Workspace workspace, Tensor table, Tensor gradient, SortedLookups? lookups, UpdateRule rule, float l2, DeviceArray<StepScalars> scalars, Tensor stepFactor)
    {
        device = workspace.Device;
        if (rule.Kind != OptimizerKind.RowwiseAdagrad || table.Columns == 0 || lookups is not null && l2 != 0)
            throw new KernelException($"row-wise Adagrad of {table} by {rule.Kind}, L2 {l2} on {device}: needs rows of at least one number, and L2 only if all rows are updated");
        (this.table, this.gradient, this.lookups, this.l2, epsilon, this.scalars, this.stepFactor) = (table, gradient, lookups, l2, rule.Epsilon, scalars, stepFactor);
        // Dummy views if all rows are updated; ILGPU needs arguments bound.
        (segmentRow, segments) = lookups is null ? (workspace.Array<int>($"{table.Name} without rows", 1), workspace.Array<int>($"{table.Name} without segments", 1)) : (lookups.SegmentRow, lookups.Count);
        State = new OptimizerState(workspace, table, rule);
        run = device.Select(Portable, Simd, Gpu);
    }

    /// <inheritdoc/>
    public OptimizerState State { get; }

    /// <inheritdoc/>
    public void Run() => run();

    private long MostRows => lookups?.Capacity ?? table.Rows;

    private Action Portable()
    {
        Kernel<Args> kernel = new(device, Kernel);
        return () => kernel.Run(MostRows, Bind());
    }

    private Args Bind() => new(
        table.View, gradient.View, State.Square.View, segmentRow.View, segments.View, stepFactor.View, scalars.View, epsilon, l2, lookups is null ? table.Rows : 0, table.Columns);

    private static void Kernel(Args a)
    {
        float scale = a.StepFactor[0], rate = a.Scalars[0].LearningRate;
        long rows = a.Rows > 0 ? a.Rows : a.Segments[0];
        for (long i = Grid.GlobalLinearIndex; i < rows; i += GridLoop.Stride)
        {
            long row = a.Rows > 0 ? i : a.SegmentRow[i];
            float squares = 0;
            for (int d = 0; d < a.D; d++)
            {
                float g = (a.Dw[i * a.D + d] + a.L2 * a.W[row * a.D + d]) * scale;
                squares += g * g;
            }
            float s = a.S[row] + squares / a.D, step = scale * rate / (XMath.Sqrt(s) + a.Epsilon);
            for (int d = 0; d < a.D && scale != 0; d++)
                a.W[row * a.D + d] -= step * (a.Dw[i * a.D + d] + a.L2 * a.W[row * a.D + d]);
            if (scale != 0)
                a.S[row] = s;
            for (int d = 0; d < a.D && a.Rows > 0; d++)
                a.Dw[i * a.D + d] = 0;
        }
    }
}
