using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Numerics;
using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Embedding;

/// <summary>Scatter-add without atomics: sums the row gradients of a batch by table row, in sorted order.</summary>
/// <remarks>
/// dW[r] = Σ over the lookups p that point at r of dRows[p]  + (λ + ρ[r]) W[r], once per row however often it occurs:
/// λ is L2 on touched rows, ρ[r] = λ_mba / n_r mini-batch aware regularization (Zhou et al., KDD 2018, eq. 6; n_r occurrences in the training set).
/// dRows (P, D) read once   sorted lookups   dW compact (U, D), row i for the i-th distinct row; or whole (ΣV, D), other rows untouched.
/// If an op reads the whole table and has written its gradient (<see cref="Tensor.Consume"/>), dW[r] is added to it.
/// One thread sums one row and column in order: the same bits every run. On GPUs long segments are summed by blocks: <see cref="SegmentSums{T}"/>.
/// </remarks>
public sealed partial class TableGradient
{
    private readonly Device device;
    private readonly Tensor table, rowGradients, target;
    private readonly SortedLookups lookups;
    private readonly bool compact;
    private readonly Tensor? rates;
    private readonly Tensor.GradientSink uses;
    private readonly float l2;
    private readonly Action run;

    /// <summary>Kernel arguments.</summary>
    public readonly record struct Args(
        ArrayView<float> Target, ArrayView<float> RowGradients, ArrayView<float> Table, ArrayView<float> Rates,
        ArrayView<int> Order, ArrayView<int> SegmentStart, ArrayView<int> SegmentRow, ArrayView<int> Segments, int D, int Compact, int Adds, int HasRates, float L2);

    /// <param name="workspace">Reserves the sums of blocks of the GPU variant.</param>
    /// <param name="table">(ΣV, D).</param>
    /// <param name="rowGradients">(P, D).</param>
    /// <param name="target">(U, D) when compact, else (ΣV, D).</param>
    /// <param name="lookups">The batch's lookups by row.</param>
    /// <param name="compact">Whether row i of the target is segment i.</param>
    /// <param name="l2">λ on touched rows.</param>
    /// <param name="rates">(ΣV, 1) ρ, or null.</param>
    public TableGradient(Workspace workspace, Tensor table, Tensor rowGradients, Tensor target, SortedLookups lookups, bool compact, float l2, Tensor? rates = null)
    {
        device = workspace.Device;
        (this.rates, uses) = (rates, table.Consume());
        (this.table, this.rowGradients, this.target, this.lookups, this.compact, this.l2) = (table, rowGradients, target, lookups, compact, l2);
        run = device.Select(Portable, Simd, () => Gpu(workspace));
    }

    /// <summary>Whether the target has the gradient of ops that read the table as a whole.</summary>
    private bool Adds => !compact && uses.Accumulates;

    /// <summary>Writes the gradient of the rows of this batch.</summary>
    public void Run() => run();

    private Action Portable()
    {
        Kernel<Args> kernel = new(device, Kernel);
        return () => kernel.Run((long)lookups.Capacity * table.Columns, Bind());
    }

    /// <summary>Sums long segments by blocks: <see cref="SegmentSums{T}"/>.</summary>
    private Action Gpu(Workspace workspace)
    {
        if ((long)lookups.Capacity * table.Columns > GridLoop.MostItems)
            return Portable();
        ISegmentSums sums = table.Columns % 4 == 0
            ? new SegmentSums<Float4>(workspace, rowGradients.Name, lookups, table.Columns)
            : new SegmentSums<Float1>(workspace, rowGradients.Name, lookups, table.Columns);
        return () => sums.Run(Bind(), lookups.SegmentOfBlock.View);
    }

    private Args Bind() => new(
        target.View, rowGradients.View, table.View, (rates ?? table).View, lookups.Order.View, lookups.SegmentStart.View, lookups.SegmentRow.View,
        lookups.Count.View, table.Columns, compact ? 1 : 0, Adds ? 1 : 0, rates is null ? 0 : 1, l2);

    private static void Kernel(Args a)
    {
        long count = (long)a.Segments[0] * a.D;
        for (long i = Grid.GlobalLinearIndex; i < count; i += GridLoop.Stride)
        {
            int segment = (int)(i / a.D), d = (int)(i % a.D);
            long row = a.SegmentRow[segment];
            float sum = 0;
            for (int p = a.SegmentStart[segment]; p < a.SegmentStart[segment + 1]; p++)
                sum += a.RowGradients[(long)a.Order[p] * a.D + d];
            float decay = a.L2 + (a.HasRates != 0 ? a.Rates[row] : 0);
            if (decay != 0)
                sum += decay * a.Table[row * a.D + d];
            long to = a.Compact != 0 ? i : row * a.D + d;
            a.Target[to] = a.Adds != 0 ? a.Target[to] + sum : sum;
        }
    }
}
