using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Optimizers;
using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Embedding;

/// <summary>Lazy update of a table: only the rows of the batch move, by the compact gradient of <see cref="TableGradient"/>.</summary>
/// <remarks>
/// g = dW[i] · stepFactor[0]; then the <see cref="UpdateRule"/> on row SegmentRow[i]; bias correction counts all steps (PyTorch's SparseAdam).
/// Reads and writes W, m, v of U rows, reads dW (U, D). Rows are distinct, so the order does not matter.
/// </remarks>
public sealed partial class RowUpdate : ITableUpdate
{
    private readonly Device device;
    private readonly Tensor table, gradient, stepFactor;
    private readonly SortedLookups lookups;
    private readonly UpdateRule rule;
    private readonly DeviceArray<StepScalars> scalars;
    private readonly Action run;

    /// <summary>Kernel arguments.</summary>
    public readonly record struct Args(
        ArrayView<float> W, ArrayView<float> Dw, ArrayView<float> M, ArrayView<float> V, ArrayView<int> SegmentRow, ArrayView<float> StepFactor, ArrayView<StepScalars> Scalars,
        UpdateRule Rule, ArrayView<int> Segments, int D);

    /// <param name="workspace">Reserves the optimizer's state.</param>
    /// <param name="table">(ΣV, D).</param>
    /// <param name="gradient">(U, D) compact.</param>
    /// <param name="lookups">The batch's rows.</param>
    /// <param name="rule">The optimizer.</param>
    /// <param name="scalars">Step scalars.</param>
    /// <param name="stepFactor">(1, 4): its first number is the step factor (<see cref="GradientGuard.StepFactor"/>).</param>
    public RowUpdate(Workspace workspace, Tensor table, Tensor gradient, SortedLookups lookups, UpdateRule rule, DeviceArray<StepScalars> scalars, Tensor stepFactor)
    {
        device = workspace.Device;
        if (rule.IsRowwise)
            throw new KernelException($"row update of {table} on {device}: {rule.Kind} needs whole rows, not single weights: use RowwiseAdagrad");
        (this.table, this.gradient, this.lookups, this.rule, this.scalars, this.stepFactor) = (table, gradient, lookups, rule, scalars, stepFactor);
        State = new OptimizerState(workspace, table, rule);
        run = device.Select(Portable, Simd, Gpu);
    }

    /// <inheritdoc/>
    public OptimizerState State { get; }

    /// <inheritdoc/>
    public void Run() => run();

    private long Items => (long)lookups.Capacity * table.Columns;

    private Action Portable()
    {
        Kernel<Args> kernel = new(device, Kernel);
        return () => kernel.Run(Items, Bind());
    }

    private Args Bind() => new(
        table.View, gradient.View, State.MeanView, State.SquareView, lookups.SegmentRow.View, stepFactor.View, scalars.View,
        rule, lookups.Count.View, table.Columns);

    private static void Kernel(Args a)
    {
        StepScalars s = a.Scalars[0];
        float scale = a.StepFactor[0];
        long count = (long)a.Segments[0] * a.D;
        for (long i = Grid.GlobalLinearIndex; i < count && scale != 0; i += GridLoop.Stride)
        {
            long w = (long)a.SegmentRow[i / a.D] * a.D + i % a.D;
            a.Rule.Apply(ref a.W[w], a.Dw[i] * scale, ref a.M[w], ref a.V[w], s, s.TableEpsilon);
        }
    }
}
