using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Numerics;
using GpuCtr.Kernels.Optimizers;
using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;
using ILGPU;
using ILGPU.Runtime;

namespace GpuCtr.Kernels.Embedding;

/// <summary>Lazy update of a table: only the rows of the batch move, by the compact gradient of <see cref="TableGradient"/>.</summary>
/// g = dW[i] · guard[0]; then the <see cref="UpdateRule"/> on row SegmentRow[i]; bias correction counts all steps (PyTorch's SparseAdam).
/// W, m, v of U rows read and written, dW (U, D) read. Rows are different, so the order does not matter.
/// On GPUs, with D a multiple of four, a thread moves four weights: 112 bytes and about 60 operations with Adam, and the place of the
/// four is worked out once and in 32 bits. Weight by weight that cost more than the memory.
public sealed unsafe class RowUpdate
{
    // Rows ahead are asked for while this one is worked on: enough to hide the latency of memory.
    private const int BlockSegments = 256, PrefetchSegments = 8;

    private readonly Device device;
    private readonly Tensor table, gradient, guard;
    private readonly SortedPositions positions;
    private readonly UpdateRule rule;
    private readonly DeviceArray<StepScalars> scalars;
    private readonly Action<int> block;
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
    public RowUpdate(Workspace workspace, Tensor table, Tensor gradient, SortedPositions positions, UpdateRule rule, DeviceArray<StepScalars> scalars, Tensor guard)
    {
        device = workspace.Device;
        (this.table, this.gradient, this.positions, this.rule, this.scalars, this.guard) = (table, gradient, positions, rule, scalars, guard);
        State = new OptimizerState(workspace, table, rule);
        block = table.Columns == 1 ? BlockOfNumbers : Block;
    }

    /// <summary>m and v of every row.</summary>
    public OptimizerState State { get; }

    /// <summary>Moves the rows of this batch.</summary>
    public void Run()
    {
        if (device.UsesSimd)
        {
            device.Team!.Run((positions.Segments + BlockSegments - 1) / BlockSegments, block);
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
            if (a.Rule.MovesWithoutGradient)
                a.M[at] = m;
            if (a.Rule.KeepsSquares)
                a.V[at] = v;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Block(int index)
    {
        StepScalars s = *scalars.Pointer;
        float scale = *guard.Pointer;
        if (scale == 0)
            return;
        UpdateRule rule = this.rule;
        bool hasMean = State.Mean.Length > 0, hasSquare = State.Square.Length > 0;
        float* weights = table.Pointer, means = State.Mean.Pointer, squares = State.Square.Pointer, gradients = gradient.Pointer;
        int* rows = positions.SegmentRow.Pointer;
        int d = table.Columns, segments = positions.Segments, last = Math.Min(segments, (index + 1) * BlockSegments);
        for (int segment = index * BlockSegments; segment < last; segment++)
        {
            if (segment + PrefetchSegments < segments)
            {
                long ahead = (long)rows[segment + PrefetchSegments] * d;
                Prefetch.Row(weights + ahead, d);
                if (hasMean)
                    Prefetch.Row(means + ahead, d);
                if (hasSquare)
                    Prefetch.Row(squares + ahead, d);
            }
            long row = (long)rows[segment] * d;
            for (int j = 0; j < d; j += Lanes.Count)
            {
                int count = Math.Min(Lanes.Count, d - j);
                Vector512<float> w = Lanes.Load(weights + row + j, count), g = Lanes.Load(gradients + (long)segment * d + j, count) * scale;
                Vector512<float> m = hasMean ? Lanes.Load(means + row + j, count) : default, v = hasSquare ? Lanes.Load(squares + row + j, count) : default;
                rule.Apply(ref w, g, ref m, ref v, s, s.TableEpsilon);
                Lanes.Store(w, weights + row + j, count);
                if (hasMean)
                    Lanes.Store(m, means + row + j, count);
                if (hasSquare)
                    Lanes.Store(v, squares + row + j, count);
            }
        }
    }

    /// Rows of one weight, sixteen in a register: a root and a division of a whole register take as long as those of one number.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void BlockOfNumbers(int index)
    {
        StepScalars s = *scalars.Pointer;
        float scale = *guard.Pointer;
        if (scale == 0)
            return;
        UpdateRule rule = this.rule;
        bool hasMean = State.Mean.Length > 0, hasSquare = State.Square.Length > 0;
        float* weights = table.Pointer, means = State.Mean.Pointer, squares = State.Square.Pointer, gradients = gradient.Pointer;
        float* lanes = stackalloc float[Lanes.Count];
        int segments = positions.Segments, last = Math.Min(segments, (index + 1) * BlockSegments);
        for (int segment = index * BlockSegments; segment < last; segment += Lanes.Count)
        {
            int count = Math.Min(Lanes.Count, last - segment);
            int* rows = positions.SegmentRow.Pointer + segment;
            for (int i = Lanes.Count; i < Math.Min(2 * Lanes.Count, segments - segment); i++)
            {
                Prefetch.Ahead(weights + rows[i]);
                if (hasMean)
                    Prefetch.Ahead(means + rows[i]);
                if (hasSquare)
                    Prefetch.Ahead(squares + rows[i]);
            }
            Vector512<float> w = Collect(weights, rows, count, lanes), g = Lanes.Load(gradients + segment, count) * scale;
            Vector512<float> m = hasMean ? Collect(means, rows, count, lanes) : default, v = hasSquare ? Collect(squares, rows, count, lanes) : default;
            rule.Apply(ref w, g, ref m, ref v, s, s.TableEpsilon);
            Spread(w, weights, rows, count, lanes);
            if (hasMean)
                Spread(m, means, rows, count, lanes);
            if (hasSquare)
                Spread(v, squares, rows, count, lanes);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Collect(float* from, int* rows, int count, float* lanes)
    {
        for (int i = 0; i < count; i++)
            lanes[i] = from[rows[i]];
        return Vector512.Load(lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Spread(Vector512<float> x, float* to, int* rows, int count, float* lanes)
    {
        x.Store(lanes);
        for (int i = 0; i < count; i++)
            to[rows[i]] = lanes[i];
    }
}
