using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Numerics;
using GpuCtr.Kernels.Tensors;
using ILGPU;
using ILGPU.Algorithms;

namespace GpuCtr.Kernels.Attention;

/// <summary>
/// Scaled dot-product attention of H heads within each sequence of items (Vaswani et al. 2017, section 3.2):
/// y_r = Σ_t a_rt v_t, a_r = softmax_t(⟨q_r, k_t⟩ / √d), t over the items of the example, with a causal mask only over those up to the one of the query;
/// each head has its own d = E / H columns. Without scaling, √d is replaced by 1.
/// </summary>
/// <remarks>
/// dv_t = Σ_r a_rt dy_r,  ds_rt = a_rt (⟨dy_r, v_t⟩ − ⟨dy_r, y_r⟩) / √d,  dq_r = Σ_t ds_rt k_t,  dk_t = Σ_r ds_rt q_r.
/// k, v over sequences, or over the examples of lists   q, y the same if every item is a query, (B, E) if only the target is, or (M, E) if those are at which an item is predicted.   log Σ_t e^s of every query and head is saved.
/// For n items and m queries per example: 4 m n E operations forward, 10 m n E backward, of which 2 recompute the weights. Storing the weights would take
/// 4 H m n bytes, written once and read twice; with 51 items that are all queries, E 64 and H 8, that is 250 KB per example, compared with 78 KB for q, k, v and their gradients.
/// All sums are in the order of the items: the same bits every run.
/// </remarks>
public sealed partial class MultiHeadAttention : IOp
{
    private readonly Device device;
    private readonly SequenceItems items;
    private readonly Tensor q, k, v, y, logSums;
    private readonly int heads;
    private readonly float root;
    private readonly bool causal;
    private readonly Tensor.GradientSink dq, dk, dv;
    private readonly OpVariant variant;

    /// <summary>Kernel arguments; LogSums and Deltas are (R, H): log Σ e^s and ⟨dy, y⟩.</summary>
    public readonly record struct Args(
        QueryItems Queries, ArrayView<float> Q, ArrayView<float> K, ArrayView<float> V, ArrayView<float> Y, ArrayView<float> LogSums, ArrayView<float> Deltas,
        GradientView Dq, GradientView Dk, GradientView Dv, ArrayView<float> Dy, int E, int H, float Root, int Causal)
    {
        internal SequenceRows Rows => Queries.Rows;

        /// <summary>The last item of row b that the query of a row attends to.</summary>
        internal int LastOf(int row, int b) => Causal != 0 ? Queries.Item(row, b) : Rows.Last(b);
    }

    /// <param name="workspace">Where log Σ e^s is reserved.</param>
    /// <param name="items">The items of the sequences.</param>
    /// <param name="q">(·, E) of the queries: all items, targets, or entries at which an item is predicted.</param>
    /// <param name="k">(·, E) over sequences.</param>
    /// <param name="v">(·, E) over sequences; q, k and v are different tensors.</param>
    /// <param name="heads">H, a divisor of E.</param>
    /// <param name="y">The shape of q; output.</param>
    /// <param name="causal">An item attends to itself and to those before it; false: to all.</param>
    /// <param name="scaled">Divide by √d.</param>
    public MultiHeadAttention(Workspace workspace, SequenceItems items, Tensor q, Tensor k, Tensor v, int heads, Tensor y, bool causal = false, bool scaled = true)
    {
        (device, this.items, this.q, this.k, this.v, this.heads, this.y, this.causal) = (workspace.Device, items, q, k, v, heads, y, causal);
        int e = y.Columns;
        if (heads < 1 || e % heads != 0 || q == k || k == v || v == q || new[] { q, k, v }.Any(t => t.Columns != e)
            || k.RowKind != items.Rows || v.RowKind != items.Rows || q.RowKind != y.RowKind || !items.CanBeQueries(q.RowKind) || causal && items.Mask is null)
            throw new KernelException($"multi-head attention: q {q}, k {k}, v {v}, y {y} and {heads} heads do not fit on {device}");
        root = scaled ? MathF.Sqrt(e / heads) : 1;
        logSums = workspace.Tensor($"{y.Name} log sums", y.Rows, heads, kind: y.RowKind);
        (dq, dk, dv) = (q.Consume(), k.Consume(), v.Consume());
        variant = device.Select(() => Portable(workspace), Simd);
    }

    /// <summary>The items of the sequences.</summary>
    public SequenceItems Items => items;

    /// <summary>What scores are divided by: √d, or 1.</summary>
    public float Root => root;

    /// <summary>q, k and v.</summary>
    public (Tensor Q, Tensor K, Tensor V) Inputs => (q, k, v);

    /// <summary>H.</summary>
    public int Heads => heads;

    /// <summary>y, the shape of q.</summary>
    public Tensor Output => y;

    /// <inheritdoc/>
    public string Name => $"multi-head attention {y.Name}";

    private bool TargetIsQuery => !ItemsAreQueries && items.HasTarget;

    private bool ItemsAreQueries => q.RowKind == items.Rows;

    /// <inheritdoc/>
    public void Forward(in Pass pass) => variant.Forward(pass);

    /// <inheritdoc/>
    public void Backward(in Pass pass) => variant.Backward(pass);

    private OpVariant Portable(Workspace workspace)
    {
        Tensor deltas = workspace.Tensor($"{y.Name} deltas", y.Rows, heads, kind: y.RowKind);
        Kernel<Args> forward = new(device, ForwardKernel), inner = new(device, DeltasKernel), keys = new(device, KeysKernel), queries = new(device, QueriesKernel);
        return new(
            (in Pass pass) => forward.Run(Pieces(pass.RowsOf(q)), Bind(pass, deltas)),
            (in Pass pass) =>
            {
                Args args = Bind(pass, deltas);
                inner.Run((long)pass.RowsOf(q) * heads, args);
                keys.Run(Pieces(pass.RowsOf(k)), args);
                if (dq.Target is not null)
                    queries.Run(Pieces(pass.RowsOf(q)), args);
            });
    }

    private long Pieces(int rows) => (long)rows * heads * Piece.Count(y.Columns / heads);

    private Args Bind(in Pass pass, Tensor deltas) => new(
        items.BindQueries(pass, q), q.View, k.View, v.View, y.View, logSums.View, deltas.View,
        dq.View, dk.View, dv.View, y.BoundGradient, y.Columns, heads, root, causal ? 1 : 0);

    /// <summary>The work item of a kernel: up to four columns of one head, of one row of a matrix (·, E).</summary>
    /// <remarks>Sums stay in registers, and the weights of a head of d columns are computed d / 4 times.</remarks>
    /// <param name="Item">Row, in the order of the kernel.</param>
    /// <param name="Head">The head.</param>
    /// <param name="Column">First column, within the head.</param>
    /// <param name="Width">Columns, 1 … 4.</param>
    private readonly record struct Piece(int Item, int Head, int Column, int Width)
    {
        /// <summary>Pieces of a head of d columns.</summary>
        public static int Count(int d) => (d + 3) / 4;

        public static Piece Of(long i, int e, int heads)
        {
            int d = e / heads, count = Count(d), column = (int)(i % count) * 4;
            long head = i / count;
            return new((int)(head / heads), (int)(head % heads), column, Math.Min(4, d - column));
        }

        public Float4 Read(ArrayView<float> a, long head)
        {
            long at = head + Column;
            return new(a[at], Width > 1 ? a[at + 1] : 0, Width > 2 ? a[at + 2] : 0, Width > 3 ? a[at + 3] : 0);
        }

        public void Write(ArrayView<float> a, long head, Float4 value)
        {
            long at = head + Column;
            a[at] = value.X;
            if (Width > 1)
                a[at + 1] = value.Y;
            if (Width > 2)
                a[at + 2] = value.Z;
            if (Width > 3)
                a[at + 3] = value.W;
        }

        public void Write(GradientView a, long head, Float4 value)
        {
            long at = head + Column;
            a.Write(at, value.X);
            if (Width > 1)
                a.Write(at + 1, value.Y);
            if (Width > 2)
                a.Write(at + 2, value.Z);
            if (Width > 3)
                a.Write(at + 3, value.W);
        }
    }

    private static float Dot(ArrayView<float> a, long i, ArrayView<float> b, long j, int d)
    {
        float sum = 0;
        for (int c = 0; c < d; c++)
            sum += a[i + c] * b[j + c];
        return sum;
    }

    /// <summary>Online softmax: earlier sums are rescaled when a larger score occurs.</summary>
    private static void ForwardKernel(Args a)
    {
        int d = a.E / a.H;
        for (long i = Grid.GlobalLinearIndex; i < (long)a.Queries.Count * a.H * Piece.Count(d); i += GridLoop.Stride)
        {
            Piece p = Piece.Of(i, a.E, a.H);
            int b = a.Queries.Owner(p.Item), row = a.Queries.Row(p.Item, b), last = a.LastOf(row, b);
            long query = (long)row * a.E + p.Head * d;
            float highest = float.NegativeInfinity, sum = 0;
            Float4 y = default;
            for (int t = a.Rows.First(b); t <= last; t++)
            {
                long key = (long)t * a.E + p.Head * d;
                float s = Dot(a.Q, query, a.K, key, d) / a.Root, above = Math.Max(highest, s), shrink = XMath.Exp(highest - above), weight = XMath.Exp(s - above);
                sum = sum * shrink + weight;
                y = y.Times(shrink).Add(weight, p.Read(a.V, key));
                highest = above;
            }
            p.Write(a.Y, query, y.Times(1 / sum));
            if (p.Column == 0)
                a.LogSums[(long)row * a.H + p.Head] = highest + XMath.Log(sum);
        }
    }

    /// <summary>One item = one head of one query.</summary>
    private static void DeltasKernel(Args a)
    {
        int d = a.E / a.H;
        for (long i = Grid.GlobalLinearIndex; i < (long)a.Queries.Count * a.H; i += GridLoop.Stride)
            a.Deltas[i] = Dot(a.Dy, i * d, a.Y, i * d, d);
    }

    private static void QueriesKernel(Args a)
    {
        int d = a.E / a.H;
        for (long i = Grid.GlobalLinearIndex; i < (long)a.Queries.Count * a.H * Piece.Count(d); i += GridLoop.Stride)
        {
            Piece p = Piece.Of(i, a.E, a.H);
            int b = a.Queries.Owner(p.Item), row = a.Queries.Row(p.Item, b), last = a.LastOf(row, b);
            long query = (long)row * a.E + p.Head * d, head = (long)row * a.H + p.Head;
            float logSum = a.LogSums[head], delta = a.Deltas[head];
            Float4 dq = default;
            for (int t = a.Rows.First(b); t <= last; t++)
            {
                long key = (long)t * a.E + p.Head * d;
                float weight = XMath.Exp(Dot(a.Q, query, a.K, key, d) / a.Root - logSum);
                dq = dq.Add(weight * (Dot(a.Dy, query, a.V, key, d) - delta) / a.Root, p.Read(a.K, key));
            }
            p.Write(a.Dq, query, dq);
        }
    }

    private static void KeysKernel(Args a)
    {
        int d = a.E / a.H;
        for (long i = Grid.GlobalLinearIndex; i < (long)a.Rows.Count * a.H * Piece.Count(d); i += GridLoop.Stride)
        {
            Piece p = Piece.Of(i, a.E, a.H);
            int b = a.Rows.Owner(p.Item), item = a.Rows.Row(p.Item, b), last = a.Queries.Last(b);
            long key = (long)item * a.E + p.Head * d;
            Float4 dk = default, dv = default;
            for (int r = a.Queries.First(b); r <= last; r++)
            {
                if (a.Causal != 0 && a.Queries.Item(r, b) < item)
                    continue;
                long query = (long)r * a.E + p.Head * d, head = (long)r * a.H + p.Head;
                float weight = XMath.Exp(Dot(a.Q, query, a.K, key, d) / a.Root - a.LogSums[head]);
                dk = dk.Add(weight * (Dot(a.Dy, query, a.V, key, d) - a.Deltas[head]) / a.Root, p.Read(a.Q, query));
                dv = dv.Add(weight, p.Read(a.Dy, query));
            }
            p.Write(a.Dk, key, dk);
            p.Write(a.Dv, key, dv);
        }
    }
}
