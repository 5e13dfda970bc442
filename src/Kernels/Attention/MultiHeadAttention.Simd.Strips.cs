using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Simd;

namespace GpuCtr.Kernels.Attention;

/// <summary>
/// If several items of a sequence are queries, a head is products of small matrices. Lanes are queries, 32 per strip. Scores are stored by item, (n, 32), in the layout that
/// the register tiles read, so that weights need no rearrangement as right operand, and a softmax sums whole registers.
/// </summary>
public sealed unsafe partial class MultiHeadAttention
{
    private const int Strip = Panel.Width;

    /// <summary>Layout of the intermediate values of a strip in the memory of a thread.</summary>
    private readonly ref struct Scratch
    {
        /// <summary>(d, 32) queries, their dy, and y or dq, transposed.</summary>
        public readonly float* Q, Dy, Out;

        /// <summary>(n, 32) scores or weights, and the gradients of scores.</summary>
        public readonly float* P, Ds;

        /// <summary>(32, 32) rows of q or dy; (32) one number per query; (32) how many items each attends to.</summary>
        public readonly float* Rows, Lane, Seen;

        public Scratch(int n, int d)
        {
            Q = ThreadScratch.Get((nuint)((3 * d + 2 * n + Strip + 2) * Strip));
            Dy = Q + d * Strip;
            Out = Dy + d * Strip;
            P = Out + d * Strip;
            Ds = P + n * Strip;
            Rows = Ds + n * Strip;
            Lane = Rows + Strip * Strip;
            Seen = Lane + Strip;
        }
    }

    private void ForwardStrips(int b, int first, int n)
    {
        int e = y.Columns, d = e / heads, firstQuery = FirstQuery(b, first), queries = QueriesOf(b, n);
        Scratch s = new(n, d);
        for (int head = 0; head < heads; head++)
            for (int i = 0; i < queries; i += Strip)
            {
                int count = Math.Min(Strip, queries - i), lanes = LanesOf(count);
                long at = (long)(firstQuery + i) * e + head * d, items = (long)first * e + head * d;
                Seen(s.Seen, firstQuery + i, count, first, n);
                Panel.Pack(s.Q, q.Pointer + at, 1, e, d, count);
                Times(n, k.Pointer + items, e, 1, s.Q, d, s.P, Strip, lanes);
                for (int lane = 0; lane < lanes; lane += Lanes.Count)
                    Softmax(s.P + lane, n, 1 / root, s.Seen + lane, s.Lane + lane);
                Times(d, v.Pointer + items, 1, e, s.P, n, s.Out, Strip, lanes);
                WriteTransposed(s.Out, y.Pointer + at, count, d, add: false);
                for (int r = 0; r < count; r++)
                    logSums.Pointer[(long)(firstQuery + i + r) * heads + head] = s.Lane[r];
            }
    }

    /// <summary>Turns 16 columns of scores into weights.</summary>
    /// <param name="p">(n, 32).</param>
    /// <param name="n">Items.</param>
    /// <param name="scale">Of scores.</param>
    /// <param name="seen">(16) how many items each attends to.</param>
    /// <param name="logSums">(16) log Σ e^s.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Softmax(float* p, int n, float scale, float* seen, float* logSums)
    {
        Vector512<float> ends = Vector512.Load(seen), highest = Vector512.Create(float.NegativeInfinity), sum = default;
        for (int t = 0; t < n; t++)
            highest = Vector512.ConditionalSelect(IsSeen(t, ends), Vector512.Max(highest, Vector512.Load(p + t * Strip)), highest);
        for (int t = 0; t < n; t++)
        {
            Vector512<float> power = Vector512.ConditionalSelect(IsSeen(t, ends), Math512.Exp((Vector512.Load(p + t * Strip) - highest) * scale), default);
            sum += power;
            power.Store(p + t * Strip);
        }
        Vector512<float> inverse = Vector512<float>.One / sum;
        for (int t = 0; t < n; t++)
            (Vector512.Load(p + t * Strip) * inverse).Store(p + t * Strip);
        Vector512.FusedMultiplyAdd(highest, Vector512.Create(scale), Vector512.Log(sum)).Store(logSums);
    }

    /// <summary>Without queries there is one strip of no queries, which writes the zeros of dk and dv.</summary>
    private void BackwardStrips(int b, int first, int n)
    {
        int e = y.Columns, d = e / heads, firstQuery = FirstQuery(b, first), queries = QueriesOf(b, n);
        Scratch s = new(n, d);
        for (int head = 0; head < heads; head++)
            for (int i = 0; i < Math.Max(1, queries); i += Strip)
            {
                int count = Math.Min(Strip, queries - i), lanes = LanesOf(count);
                long at = (long)(firstQuery + i) * e + head * d, items = (long)first * e + head * d;
                Seen(s.Seen, firstQuery + i, count, first, n);
                Panel.Pack(s.Q, q.Pointer + at, 1, e, d, count);
                Panel.Pack(s.Dy, y.Gradient!.Pointer + at, 1, e, d, count);
                Times(n, k.Pointer + items, e, 1, s.Q, d, s.P, Strip, lanes);
                Times(n, v.Pointer + items, e, 1, s.Dy, d, s.Ds, Strip, lanes);
                for (int r = 0; r < Strip; r++)
                    s.Lane[r] = r < count ? logSums.Pointer[(long)(firstQuery + i + r) * heads + head] : 0;
                for (int lane = 0; lane < lanes; lane += Lanes.Count)
                    ScoreGradients(s.P + lane, s.Ds + lane, n, 1 / root, s.Seen + lane, s.Lane + lane);
                if (dq.Target is { } target)
                {
                    Times(d, k.Pointer + items, 1, e, s.Ds, n, s.Out, Strip, lanes);
                    WriteTransposed(s.Out, target.Pointer + at, count, d, dq.Accumulates);
                }
                AddProduct(dk, items, s.Ds, n, q.Pointer + at, count, s.Rows, add: i > 0);
                AddProduct(dv, items, s.P, n, y.Gradient!.Pointer + at, count, s.Rows, add: i > 0);
            }
    }

    /// <summary>Recomputes the weights from 16 columns of scores, and turns ⟨dy, v⟩ into the gradients of the scores.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ScoreGradients(float* p, float* ds, int n, float scale, float* seen, float* logSums)
    {
        Vector512<float> ends = Vector512.Load(seen), logSum = Vector512.Load(logSums), inner = default;
        for (int t = 0; t < n; t++)
        {
            Vector512<float> power = Math512.Exp(Vector512.FusedMultiplyAdd(Vector512.Load(p + t * Strip), Vector512.Create(scale), -logSum));
            Vector512<float> weight = Vector512.ConditionalSelect(IsSeen(t, ends), power, default);
            inner = Vector512.FusedMultiplyAdd(weight, Vector512.Load(ds + t * Strip), inner);
            weight.Store(p + t * Strip);
        }
        for (int t = 0; t < n; t++)
            (Vector512.Load(p + t * Strip) * (Vector512.Load(ds + t * Strip) - inner) * scale).Store(ds + t * Strip);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> IsSeen(int t, Vector512<float> ends) => Vector512.LessThan(Vector512.Create((float)t), ends);

    /// <summary>Number of items that each query of a strip attends to; rows without a query attend to all.</summary>
    private void Seen(float* seen, int query, int count, int first, int n)
    {
        for (int r = 0; r < Strip; r++)
            seen[r] = causal && r < count ? (ItemsAreQueries ? query + r : items.QueryItem(query + r)) - first + 1 : n;
    }

    private int FirstQuery(int b, int first) => ItemsAreQueries ? first : items.Predictions!.Starts.Pointer[b];

    private int QueriesOf(int b, int n) => ItemsAreQueries ? n : items.Predictions!.Starts.Pointer[b + 1] - items.Predictions!.Starts.Pointer[b];

    private void WriteTransposed(float* from, float* to, int count, int d, bool add)
    {
        for (int r = 0; r < count; r++)
            for (int c = 0; c < d; c++)
                to[(long)r * y.Columns + c] = from[c * Strip + r] + (add ? to[(long)r * y.Columns + c] : 0);
    }

    /// <summary>Adds (n, 32) · rows (count, d) to the columns of a head, from element <paramref name="items"/> of the gradient on; the first strip writes instead of adding if the sink says so.</summary>
    private void AddProduct(Tensors.Tensor.GradientSink sink, long items, float* left, int n, float* rows, int count, float* panel, bool add)
    {
        if (sink.Target is not { } target)
            return;
        int e = y.Columns, d = e / heads;
        for (int c = 0; c < d; c += Strip)
        {
            int columns = Math.Min(Strip, d - c);
            Panel.Pack(panel, rows + c, e, 1, count, columns);
            float* to = target.Pointer + items + c;
            GemmTile.Rows(n, left, Strip, 1, panel, count, to, e, columns, add || sink.Accumulates ? to : null, e, Vector512.IsHardwareAccelerated);
        }
    }

    private static void Times(int rows, float* left, nint row, nint column, float* panel, int depth, float* to, int stride, int columns) =>
        GemmTile.Rows(rows, left, row, column, panel, depth, to, stride, columns, null, 0, Vector512.IsHardwareAccelerated);

    /// <summary>Number of queries rounded up to whole registers: a panel has zeros after the last query of a strip.</summary>
    private static int LanesOf(int count) => count > Lanes.Count ? Strip : Lanes.Count;
}
