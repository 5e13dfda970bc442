using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Numerics;
using GpuCtr.Kernels.Reductions;
using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Attention;

/// <summary>Adds the vector of its place to every item of sequences without targets (PRM, Pei et al., RecSys 2019, section 4.1).</summary>
/// <remarks>
/// y_r = x_r + p_δ, δ the place of item r in its sequence, counted from 0; items from place P − 1 on share the last vector.
/// dx_r = dy_r,  dp_δ = Σ dy over the items at δ.
/// x, y over the items   p (P, E).   x read and y written once; dy read twice on GPUs.
/// dp is summed over the sequences in a fixed order: the same bits every run.
/// </remarks>
public sealed partial class PositionEmbedding : IOp
{
    private readonly Device device;
    private readonly SequenceItems items;
    private readonly Tensor x, positions, y;
    private readonly Tensor.GradientSink dx;
    private readonly OpVariant variant;

    /// <summary>Kernel arguments; Positions is p, of which there are Places.</summary>
    public readonly record struct Args(
        SequenceRows Rows, ArrayView<float> X, ArrayView<float> Positions, ArrayView<float> Y, GradientView Dx, ArrayView<float> Dpositions, ArrayView<float> Dy, int Places, int E)
    {
        /// <summary>δ of an item.</summary>
        internal int Place(int item) => Math.Min(item - Rows.First(Rows.Owner(item)), Places - 1);
    }

    /// <param name="workspace">Reserves partial sums.</param>
    /// <param name="items">Sequences without targets.</param>
    /// <param name="x">(·, E) over the items.</param>
    /// <param name="positions">(P, E) p, with gradient.</param>
    /// <param name="y">(·, E) over the items; output.</param>
    public PositionEmbedding(Workspace workspace, SequenceItems items, Tensor x, Tensor positions, Tensor y)
    {
        (device, this.items, this.x, this.positions, this.y) = (workspace.Device, items, x, positions, y);
        if (items.HasTarget || x.RowKind != items.Rows || y.RowKind != items.Rows || x.Columns != y.Columns || positions.Columns != x.Columns || positions.Rows < 1)
            throw new KernelException($"position embedding: x {x}, vectors of places {positions} and y {y} do not fit on {device}");
        dx = x.Consume();
        variant = device.Select(() => Portable(workspace), () => Simd(workspace));
    }

    /// <summary>x (·, E) over the items.</summary>
    public Tensor Input => x;

    /// <summary>p (P, E).</summary>
    public Tensor Positions => positions;

    /// <summary>y (·, E) over the items.</summary>
    public Tensor Output => y;

    /// <inheritdoc/>
    public string Name => $"position embedding {y.Name}";

    /// <inheritdoc/>
    public void Forward(in Pass pass) => variant.Forward(pass);

    /// <inheritdoc/>
    public void Backward(in Pass pass) => variant.Backward(pass);

    private OpVariant Portable(Workspace workspace)
    {
        ColumnSums<PositionTerms> sums = new(workspace, positions.Name, y.Rows, checked((int)positions.Length));
        Kernel<Args> forward = new(device, ForwardKernel), backward = new(device, BackwardKernel);
        return new(
            (in Pass pass) => forward.Run((long)pass.RowsOf(y) * y.Columns, Bind(pass)),
            (in Pass pass) =>
            {
                if (dx.Target is not null)
                    backward.Run((long)pass.RowsOf(y) * y.Columns, Bind(pass));
                sums.Run(new(Bind(pass)), items.Count(pass));
            });
    }

    private Args Bind(in Pass pass) => new(
        items.Bind(pass), x.View, positions.View, y.View, dx.View, positions.BoundGradient, y.BoundGradient, (int)positions.Rows, y.Columns);

    private static void ForwardKernel(Args a)
    {
        for (long i = Grid.GlobalLinearIndex; i < (long)a.Rows.Count * a.E; i += GridLoop.Stride)
            a.Y[i] = a.X[i] + a.Positions[(long)a.Place((int)(i / a.E)) * a.E + i % a.E];
    }

    private static void BackwardKernel(Args a)
    {
        for (long i = Grid.GlobalLinearIndex; i < (long)a.Rows.Count * a.E; i += GridLoop.Stride)
            a.Dx.Write(i, a.Dy[i]);
    }

    /// <summary>dy of the items of a sequence at a place, of which only the last has several; a column is an element of p.</summary>
    public readonly struct PositionTerms(Args a) : IColumnTerms
    {
        private readonly Args a = a;

        /// <inheritdoc/>
        public Float4 Term(int row, int column)
        {
            int place = column / a.E, first = a.Rows.First(row) + place, last = a.Rows.Last(row);
            if (place < a.Places - 1)
                last = Math.Min(last, first);
            float sum = 0;
            for (int item = first; item <= last; item++)
                sum += a.Dy[(long)item * a.E + column % a.E];
            return new(sum);
        }

        /// <inheritdoc/>
        public void Take(int column, Float4 sums) => a.Dpositions[column] = sums.X;
    }
}
