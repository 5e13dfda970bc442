using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Optimizers;
using GpuCtr.Kernels.Tensors;
using ILGPU;
using ILGPU.Algorithms;

namespace GpuCtr.Kernels.Embedding;

/// <summary>
/// Applies the steps that table rows have missed, so that a table in which only the rows of a batch move ends with the values that
/// <see cref="DenseUpdate"/> would have given it. Run on the rows of a batch before they are read, or on all rows.
/// </summary>
/// <remarks>
/// A missed step s is the <see cref="UpdateRule"/> with g = 0:  m ← β₁ m,  v ← β₂ v,  w ← w − size_s m / (√v + ε_s)  (AdamW: after w ← (1 − η_s λ) w);  SGD with momentum: m ← μ m,  w ← w − η_s m.
/// Reads and writes W, m, v of those of the U rows that have missed a step. Rows are distinct, so the order does not matter.
/// The portable kernel applies the steps one by one, with the operations of DenseUpdate; the SIMD variant applies them at once (<see cref="DeferredUpdateRules"/>).
/// </remarks>
public sealed partial class DeferredRowUpdate
{
    private readonly Device device;
    private readonly Tensor table;
    private readonly OptimizerState state;
    private readonly SortedLookups lookups;
    private readonly UpdateLog log;
    private readonly UpdateRule rule;
    private readonly Variant variant;

    private readonly record struct Variant(Action RunBatch, Action RunAll);

    /// <summary>Kernel arguments.</summary>
    public readonly record struct Args(
        ArrayView<float> W, ArrayView<float> M, ArrayView<float> V, ArrayView<int> SegmentRow, ArrayView<float> Steps, ArrayView<float> Count, ArrayView<float> Seen,
        ArrayView<int> Segments,
        UpdateRule Rule, float LogBeta2, long Rows, int D, int AllRows);

    /// <param name="device">The device.</param>
    /// <param name="table">(ΣV, D).</param>
    /// <param name="state">m and v of every row.</param>
    /// <param name="lookups">The batch's rows.</param>
    /// <param name="log">The update log.</param>
    /// <param name="rule">An optimizer that moves weights without a gradient.</param>
    public DeferredRowUpdate(Device device, Tensor table, OptimizerState state, SortedLookups lookups, UpdateLog log, UpdateRule rule)
    {
        if (!rule.MovesWithoutGradient)
            throw new KernelException($"deferred updates of {table} on {device}: no row misses a step with {rule.Kind}");
        (this.device, this.table, this.state, this.lookups, this.log, this.rule) = (device, table, state, lookups, log, rule);
        variant = device.Select(Portable, Simd);
    }

    /// <summary>The rows of this batch.</summary>
    public void RunBatch() => variant.RunBatch();

    /// <summary>Updates all rows; call <see cref="UpdateLog.Clear"/> afterwards, or they would catch up twice.</summary>
    public void RunAll() => variant.RunAll();

    private Variant Portable()
    {
        Kernel<Args> kernel = new(device, Kernel);
        return new(
            () => kernel.Run((long)lookups.Capacity * table.Columns, Bind(lookups.Capacity, allRows: 0)),
            () => kernel.Run(table.Length, Bind(table.Rows, allRows: 1)));
    }

    private Args Bind(long rows, int allRows) => new(
        table.View, state.MeanView, state.SquareView, lookups.SegmentRow.View, log.Steps.View, log.Count.View, log.Seen.View, lookups.Count.View,
        rule, (float)Math.Log(rule.Beta2), rows, table.Columns, allRows);

    private static void Kernel(Args a)
    {
        int count = (int)a.Count[0];
        bool decays = a.Rule.Kind == OptimizerKind.AdamW;
        long rows = a.AllRows != 0 ? a.Rows : a.Segments[0];
        for (long i = Grid.GlobalLinearIndex; i < rows * a.D; i += GridLoop.Stride)
        {
            long row = i / a.D;
            if (a.AllRows == 0)
                row = a.SegmentRow[row];
            long at = row * a.D + i % a.D;
            float w = a.W[at], m = a.M[at], v = a.V[at];
            int step = (int)a.Seen[row];
            // Once m has decayed to zero, the weight no longer moves, and the rest of v's decay is a power.
            for (; step < count && (m != 0 || decays); step++)
            {
                int s = step * UpdateLog.StepColumns;
                a.Rule.Apply(ref w, 0, ref m, ref v, new StepScalars { StepSize = a.Steps[s], LearningRate = a.Steps[s + 2] }, a.Steps[s + 1]);
            }
            if (step < count && a.Rule.KeepsSquares)
                v = a.Rule.DecaySquare(v, XMath.Exp(a.LogBeta2 * (count - step)));
            a.W[at] = w;
            a.M[at] = m;
            if (a.Rule.KeepsSquares)
                a.V[at] = v;
        }
    }
}
