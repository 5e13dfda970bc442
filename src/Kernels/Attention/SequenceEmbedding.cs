using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Numerics;
using GpuCtr.Kernels.Reductions;
using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Attention;

/// <summary>The input of a transformer over behaviour: the history of an example, oldest first, followed by the target if there is one, each with its position embedding.</summary>
/// <remarks>
/// x_t = k_t + p_δ,   x_target = q + p_δ;   dk_t = dx_t,  dq += dx_target,  dp_δ = Σ dx over the items at δ.
/// With a target, δ counts from it: 0 at the target, 1 at the most recent entry (Chen et al., BST, DLP-KDD 2019, section 2.1).
/// Without one, δ counts from the first entry: 0 at the oldest (Kang and McAuley, SASRec, ICDM 2018; Sun et al., BERT4Rec, CIKM 2019).
/// k gathered, q of the field vectors   p (L + 1, E) or (L, E)   x over sequences.   Keys read and their gradients written once; dx read twice on GPUs.
/// dp is summed over the examples in a fixed order: the same bits every run.
/// </remarks>
public sealed partial class SequenceEmbedding : IOp
{
    private readonly Device device;
    private readonly BehaviourHistory history;
    private readonly SequenceItems items;
    private readonly Tensor positions, x;
    private readonly Tensor.GradientSink dVectors;
    private readonly OpVariant variant;

    /// <summary>Kernel arguments; Positions is p.</summary>
    public readonly record struct Args(
        BehaviourHistory.View History, SequenceRows Rows, ArrayView<float> Positions, ArrayView<float> X, ArrayView<float> Dpositions, ArrayView<float> Dx)
    {
        /// <summary>δ of an item of row b.</summary>
        internal int Place(int row, int b) => Rows.Targets != 0 ? Rows.Last(b) - row : row - Rows.First(b);

        /// <summary>The item of row b at δ; not one of its items if there is none.</summary>
        internal int Item(int place, int b) => Rows.Targets != 0 ? Rows.Last(b) - place : Rows.First(b) + place;
    }

    /// <param name="workspace">Reserves partial sums.</param>
    /// <param name="history">Keys and queries.</param>
    /// <param name="positions">(L + 1, E) p with a target, (L, E) without.</param>
    /// <param name="x">(·, E) over sequences; output.</param>
    public SequenceEmbedding(Workspace workspace, BehaviourHistory history, Tensor positions, Tensor x)
    {
        (device, this.history, items, this.positions, this.x) = (workspace.Device, history, history.Items, positions, x);
        if (positions.Columns != history.E || positions.Rows < history.MaxLength + (history.HasTarget ? 1 : 0) || x.Columns != history.E || x.RowKind != history.ItemRows)
            throw new KernelException($"sequence embedding: vectors of places {positions}, x {x} do not fit histories of up to {history.MaxLength} keys of width {history.E} on {device}");
        dVectors = history.Vectors.Consume();
        variant = device.Select(() => Portable(workspace), () => Simd(workspace));
    }

    /// <summary>Keys and queries.</summary>
    public BehaviourHistory History => history;

    /// <summary>p (L + 1, E) or (L, E).</summary>
    public Tensor Positions => positions;

    /// <summary>x (·, E) over sequences.</summary>
    public Tensor Output => x;

    /// <inheritdoc/>
    public string Name => $"sequence embedding {x.Name}";

    /// <inheritdoc/>
    public void Forward(in Pass pass) => variant.Forward(pass);

    /// <inheritdoc/>
    public void Backward(in Pass pass)
    {
        // The target's gradient is added to that of the tower, which has written before, because the tower was recorded later.
        if (history.HasTarget && !dVectors.Accumulates)
            throw new KernelException($"{Name}: the target's vector must also be read by an op recorded later");
        variant.Backward(pass);
    }

    private OpVariant Portable(Workspace workspace)
    {
        ColumnSums<PositionTerms> sums = new(workspace, positions.Name, history.Vectors.Rows, checked((int)positions.Length));
        Kernel<Args> forward = new(device, ForwardKernel), backward = new(device, BackwardKernel);
        return new(
            (in Pass pass) => forward.Run((long)pass.RowsOf(x) * x.Columns, Bind(pass)),
            (in Pass pass) =>
            {
                Args args = Bind(pass);
                backward.Run((long)pass.RowsOf(x) * x.Columns, args);
                sums.Run(new(args), pass.Rows);
            });
    }

    private Args Bind(in Pass pass) => new(
        history.Bind(), items.Bind(pass), positions.View, x.View, positions.BoundGradient, x.BoundGradient);

    private static void ForwardKernel(Args a)
    {
        int e = a.History.E;
        for (long i = Grid.GlobalLinearIndex; i < (long)a.Rows.Count * e; i += GridLoop.Stride)
        {
            int item = (int)(i / e), j = (int)(i % e), b = a.Rows.Owner(item), row = a.Rows.Row(item, b);
            float value = item < a.Rows.T ? a.History.Key(item, j) : a.History.Vectors[a.History.Query(b, j)];
            a.X[(long)row * e + j] = value + a.Positions[(long)a.Place(row, b) * e + j];
        }
    }

    /// <summary>No other op reads the keys, so this one writes their gradients.</summary>
    private static void BackwardKernel(Args a)
    {
        int e = a.History.E;
        for (long i = Grid.GlobalLinearIndex; i < (long)a.Rows.Count * e; i += GridLoop.Stride)
        {
            int item = (int)(i / e), j = (int)(i % e), b = a.Rows.Owner(item);
            float dx = a.Dx[(long)a.Rows.Row(item, b) * e + j];
            if (item < a.Rows.T)
                a.History.RowGradients[a.History.KeyGradient(item, j)] = dx;
            else
                a.History.Dvectors[a.History.Query(b, j)] += dx;
        }
    }

    /// <summary>dx of the item at a given distance, for examples that have one; a column is an element of p.</summary>
    public readonly struct PositionTerms(Args a) : IColumnTerms
    {
        private readonly Args a = a;

        /// <inheritdoc/>
        public Float4 Term(int row, int column)
        {
            int e = a.History.E, at = a.Item(column / e, row);
            return new(at >= a.Rows.First(row) && at <= a.Rows.Last(row) ? a.Dx[(long)at * e + column % e] : 0);
        }

        /// <inheritdoc/>
        public void Take(int column, Float4 sums) => a.Dpositions[column] = sums.X;
    }
}
