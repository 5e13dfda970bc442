using GpuCtr.Kernels.Numerics;
using GpuCtr.Kernels.Optimizers;
using GpuCtr.Kernels.Tensors;
using ILGPU;
using ILGPU.Runtime;

namespace GpuCtr.Kernels.Embedding;

/// <summary>Lazy update of a table: only the rows of the batch move, by the compact gradient of <see cref="TableGradient"/>.</summary>
/// <remarks>
/// g = dW[i] · guard[0]; then the <see cref="UpdateRule"/> on row SegmentRow[i]; bias correction counts all steps (PyTorch's SparseAdam).
/// W, m, v of U rows read and written, dW (U, D) read. Rows are different, so the order does not matter.
/// On GPUs, with D a multiple of four, a thread moves four weights: 112 bytes and about 60 operations with Adam, and the place of the
/// four is worked out once and in 32 bits. Weight by weight that cost more than the memory.
/// </remarks>
public sealed partial class RowUpdate : ITableUpdate
{
    private readonly Device device;
    private readonly Tensor table, gradient, guard;
    private readonly SortedLookups positions;
    private readonly UpdateRule rule;
    private readonly DeviceArray<StepScalars> scalars;
    private Action<KernelConfig, Args>? kernel;
    private Action<KernelConfig, QuadArgs>? quadKernel;

    /// <summary>What the kernel sees.</summary>
    public readonly record struct Args(
        ArrayView<float> W, ArrayView<float> Dw, ArrayView<float> M, ArrayView<float> V, ArrayView<int> SegmentRow, ArrayView<float> Guard, ArrayView<StepScalars> Scalars,
        UpdateRule Rule, ArrayView<int> Segments, int D);

    /// <summary>The same by four floats.</summary>
    public readonly record struct QuadArgs(
        ArrayView<Float4> W, ArrayView<Float4> Dw, ArrayView<Float4> M, ArrayView<Float4> V, ArrayView<int> SegmentRow, ArrayView<float> Guard, ArrayView<StepScalars> Scalars,
        UpdateRule Rule, ArrayView<int> Segments, int Quads);

    /// <param name="workspace">Where the optimizer's state is reserved.</param>
    /// <param name="table">(ΣV, D).</param>
    /// <param name="gradient">(U, D) compact.</param>
    /// <param name="positions">The batch's rows.</param>
    /// <param name="rule">The optimizer.</param>
    /// <param name="scalars">Step scalars.</param>
    /// <param name="guard">Clip factor.</param>
    public RowUpdate(Workspace workspace, Tensor table, Tensor gradient, SortedLookups positions, UpdateRule rule, DeviceArray<StepScalars> scalars, Tensor guard)
    {
        device = workspace.Device;
        if (rule.IsRowwise)
            throw new Devices.KernelException($"row update of {table} on {device}: {rule.Kind} is no rule for single weights");
        (this.table, this.gradient, this.positions, this.rule, this.scalars, this.guard) = (table, gradient, positions, rule, scalars, guard);
        State = new OptimizerState(workspace, table, rule);
        block = table.Columns == 1 ? NumbersBlock : RowsBlock;
    }

    /// <inheritdoc/>
    public OptimizerState State { get; }

    /// <inheritdoc/>
    public void Run()
    {
        if (device.UsesSimd)
        {
            device.Team!.Run(positions.Segments, BlockSegments, block);
            return;
        }
        Args args = new(
            table.View, gradient.View, State.MeanView, State.SquareView, positions.SegmentRow.View, guard.View, scalars.View,
            rule, positions.Count.View, table.Columns);
        long items = (long)positions.Capacity * table.Columns;
        if (device.UsesTiles && table.Columns % 4 == 0 && items / 4 <= GridExtensions.MostItems)
            device.Load(ref quadKernel, QuadKernel)(device.Grid(items / 4), ByQuads(args));
        else
            device.Load(ref kernel, Kernel)(device.Grid(items), args);
    }

    private static QuadArgs ByQuads(in Args a) => new(
        a.W.Cast<Float4>(), a.Dw.Cast<Float4>(), a.M.Cast<Float4>(), a.V.Cast<Float4>(), a.SegmentRow, a.Guard, a.Scalars, a.Rule, a.Segments, a.D / 4);

    private static void Kernel(Args a)
    {
        StepScalars s = a.Scalars[0];
        float scale = a.Guard[0];
        long count = (long)a.Segments[0] * a.D;
        for (long i = Grid.GlobalLinearIndex; i < count && scale != 0; i += GridExtensions.Stride)
        {
            long w = (long)a.SegmentRow[i / a.D] * a.D + i % a.D;
            a.Rule.Apply(ref a.W[w], a.Dw[i] * scale, ref a.M[w], ref a.V[w], s, s.TableEpsilon);
        }
    }

    private static void QuadKernel(QuadArgs a)
    {
        StepScalars s = a.Scalars[0];
        float scale = a.Guard[0];
        int count = a.Segments[0] * a.Quads;
        for (int i = Grid.GlobalLinearIndex; i < count && scale != 0; i += GridExtensions.Stride)
        {
            int segment = i / a.Quads;
            long at = (long)a.SegmentRow[segment] * a.Quads + (i - segment * a.Quads);
            Float4 w = a.W[at], m = a.M[at], v = a.V[at];
            a.Rule.Apply(ref w, a.Dw[i].Times(scale), ref m, ref v, s, s.TableEpsilon);
            a.W[at] = w;
            if (a.Rule.KeepsMeans)
                a.M[at] = m;
            if (a.Rule.KeepsSquares)
                a.V[at] = v;
        }
    }
}
