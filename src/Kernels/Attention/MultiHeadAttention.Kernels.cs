using GpuCtr.Kernels.Numerics;
using GpuCtr.Kernels.Tensors;
using ILGPU;
using ILGPU.Algorithms;

namespace GpuCtr.Kernels.Attention;

/// <summary>One item = up to four columns of one head of one query: sums stay in registers, and the weights of a head of d columns are computed d / 4 times.</summary>
public sealed partial class MultiHeadAttention
{
    /// <summary>Four columns of one head, of one row of a matrix (·, E).</summary>
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
        float root = XMath.Sqrt((float)d);
        for (long i = Grid.GlobalLinearIndex; i < (long)a.Questions * a.H * Piece.Count(d); i += GridLoop.Stride)
        {
            Piece p = Piece.Of(i, a.E, a.H);
            int b = a.Owner(p.Item), row = a.Row(p.Item, b), last = a.Rows.Target(b);
            long question = (long)row * a.E + p.Head * d;
            float highest = float.NegativeInfinity, sum = 0;
            Float4 y = default;
            for (int t = a.Rows.First(b); t <= last; t++)
            {
                long key = (long)t * a.E + p.Head * d;
                float s = Dot(a.Q, question, a.K, key, d) / root, above = Math.Max(highest, s), shrink = XMath.Exp(highest - above), weight = XMath.Exp(s - above);
                sum = sum * shrink + weight;
                y = y.Times(shrink).Add(weight, p.Read(a.V, key));
                highest = above;
            }
            p.Write(a.Y, question, y.Times(1 / sum));
            if (p.Column == 0)
                a.LogSums[(long)row * a.H + p.Head] = highest + XMath.Log(sum);
        }
    }

    /// <summary>One item = one head of one query.</summary>
    private static void DeltasKernel(Args a)
    {
        int d = a.E / a.H;
        for (long i = Grid.GlobalLinearIndex; i < (long)a.Questions * a.H; i += GridLoop.Stride)
            a.Deltas[i] = Dot(a.Dy, i * d, a.Y, i * d, d);
    }

    private static void QueriesKernel(Args a)
    {
        int d = a.E / a.H;
        float root = XMath.Sqrt((float)d);
        for (long i = Grid.GlobalLinearIndex; i < (long)a.Questions * a.H * Piece.Count(d); i += GridLoop.Stride)
        {
            Piece p = Piece.Of(i, a.E, a.H);
            int b = a.Owner(p.Item), row = a.Row(p.Item, b), last = a.Rows.Target(b);
            long question = (long)row * a.E + p.Head * d, head = (long)row * a.H + p.Head;
            float logSum = a.LogSums[head], delta = a.Deltas[head];
            Float4 dq = default;
            for (int t = a.Rows.First(b); t <= last; t++)
            {
                long key = (long)t * a.E + p.Head * d;
                float weight = XMath.Exp(Dot(a.Q, question, a.K, key, d) / root - logSum);
                dq = dq.Add(weight * (Dot(a.Dy, question, a.V, key, d) - delta) / root, p.Read(a.K, key));
            }
            p.Write(a.Dq, question, dq);
        }
    }

    private static void KeysKernel(Args a)
    {
        int d = a.E / a.H;
        float root = XMath.Sqrt((float)d);
        for (long i = Grid.GlobalLinearIndex; i < (long)a.Rows.Count * a.H * Piece.Count(d); i += GridLoop.Stride)
        {
            Piece p = Piece.Of(i, a.E, a.H);
            int b = a.Rows.Owner(p.Item), first = a.TargetAsks != 0 ? b : a.Rows.First(b), last = a.TargetAsks != 0 ? b : a.Rows.Target(b);
            long key = (long)a.Rows.Row(p.Item, b) * a.E + p.Head * d;
            Float4 dk = default, dv = default;
            for (int r = first; r <= last; r++)
            {
                long question = (long)r * a.E + p.Head * d, head = (long)r * a.H + p.Head;
                float weight = XMath.Exp(Dot(a.Q, question, a.K, key, d) / root - a.LogSums[head]);
                dk = dk.Add(weight * (Dot(a.Dy, question, a.V, key, d) - a.Deltas[head]) / root, p.Read(a.Q, question));
                dv = dv.Add(weight, p.Read(a.Dy, question));
            }
            p.Write(a.Dk, key, dk);
            p.Write(a.Dv, key, dv);
        }
    }
}
