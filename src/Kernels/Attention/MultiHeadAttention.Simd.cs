using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Simd;

namespace GpuCtr.Kernels.Attention;

/// <summary>If only the target is a query, a head is one row of weights, in backward also one row of score gradients; both stay in the first-level cache.</summary>
public sealed unsafe partial class MultiHeadAttention
{
    private const int BlockRows = 8;

    private OpVariant Simd()
    {
        RowBlocks forward = new(device, BlockRows, ForwardRows), backward = new(device, BlockRows, BackwardRows);
        return new((in Pass pass) => forward.Run(items.Count(pass)), (in Pass pass) => backward.Run(items.Count(pass)));
    }

    private void ForwardRows(int firstRow, int endRow)
    {
        for (int b = firstRow; b < endRow; b++)
        {
            (int first, int n) = items.Of(b);
            if (TargetIsQuery)
                Answer(b, first, n);
            else if (n > 0)
                ForwardStrips(b, first, n);
        }
    }

    private void BackwardRows(int firstRow, int endRow)
    {
        for (int b = firstRow; b < endRow; b++)
        {
            (int first, int n) = items.Of(b);
            if (TargetIsQuery)
                Gradients(b, first, n);
            else if (n > 0)
                BackwardStrips(b, first, n);
        }
    }

    private void Answer(int b, int first, int n)
    {
        float* weights = ThreadScratch.Get((nuint)n);
        for (int head = 0; head < heads; head++)
            logSums.Pointer[(long)b * heads + head] = Answer(b, head, first, n, weights);
    }

    private void Gradients(int b, int first, int n)
    {
        float* weights = ThreadScratch.Get(2 * (nuint)n);
        for (int head = 0; head < heads; head++)
        {
            ScoreGradients(b, head, first, n, weights, weights + n);
            Gradients(b, head, first, n, weights, weights + n);
        }
    }

    /// <summary>Writes y of a head; returns log Σ e^s.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private float Answer(int b, int head, int first, int n, float* weights)
    {
        int e = y.Columns, d = e / heads;
        float highest = Scores(q.Pointer, k.Pointer, b, head, first, n, 1 / root, weights);
        Vector512<float> sums = default;
        for (int t = 0; t < n; t += Lanes.Count)
        {
            Lanes.Store(Math512.Exp(Lanes.Load(weights + t, n - t) - Vector512.Create(highest)), weights + t, n - t);
            sums += Lanes.Load(weights + t, n - t);
        }
        float sum = Vector512.Sum(sums);
        for (int c = 0; c < d; c += Lanes.Count)
        {
            float* value = v.Pointer + (long)first * e + head * d + c;
            Vector512<float> total = default;
            for (int t = 0; t < n; t++, value += e)
                total = Vector512.FusedMultiplyAdd(Vector512.Create(weights[t]), Lanes.Load(value, d - c), total);
            Lanes.Store(total / sum, y.Pointer + (long)b * e + head * d + c, d - c);
        }
        return highest + MathF.Log(sum);
    }

    /// <summary>factor · ⟨query, item_t⟩ over the columns of a head, for the n items from <paramref name="first"/> on; returns the largest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private float Scores(float* query, float* items, int b, int head, int first, int n, float factor, float* scores)
    {
        int e = y.Columns, d = e / heads;
        query += (long)b * e + head * d;
        items += (long)first * e + head * d;
        float highest = float.NegativeInfinity;
        for (int t = 0; t < n; t++, items += e)
        {
            Vector512<float> dot = default;
            for (int c = 0; c < d; c += Lanes.Count)
                dot = Vector512.FusedMultiplyAdd(Lanes.Load(query + c, d - c), Lanes.Load(items + c, d - c), dot);
            highest = MathF.Max(highest, scores[t] = Vector512.Sum(dot) * factor);
        }
        return highest;
    }

    /// <summary>Recomputes the weights of a head, and computes ds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ScoreGradients(int b, int head, int first, int n, float* weights, float* ds)
    {
        float scale = 1 / root;
        Scores(q.Pointer, k.Pointer, b, head, first, n, scale, weights);
        Scores(y.Gradient!.Pointer, v.Pointer, b, head, first, n, 1, ds);
        Vector512<float> logSum = Vector512.Create(logSums.Pointer[(long)b * heads + head]), inner = default;
        for (int t = 0; t < n; t += Lanes.Count)
        {
            Lanes.Store(Math512.Exp(Lanes.Load(weights + t, n - t) - logSum), weights + t, n - t);
            inner = Vector512.FusedMultiplyAdd(Lanes.Load(weights + t, n - t), Lanes.Load(ds + t, n - t), inner);
        }
        inner = Vector512.Create(Vector512.Sum(inner));
        for (int t = 0; t < n; t += Lanes.Count)
            Lanes.Store(Lanes.Load(weights + t, n - t) * (Lanes.Load(ds + t, n - t) - inner) * scale, ds + t, n - t);
    }

    /// <summary>dq, dk and dv of a head.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Gradients(int b, int head, int first, int n, float* weights, float* ds)
    {
        int e = y.Columns, d = e / heads;
        for (int c = 0; c < d; c += Lanes.Count)
        {
            int count = Math.Min(Lanes.Count, d - c);
            long at = (long)b * e + head * d + c, key = (long)first * e + head * d + c;
            Vector512<float> query = Lanes.Load(q.Pointer + at, count), dy = Lanes.Load(y.Gradient!.Pointer + at, count), sum = default;
            for (int t = 0; t < n; t++, key += e)
            {
                Vector512<float> g = Vector512.Create(ds[t]);
                sum = Vector512.FusedMultiplyAdd(g, Lanes.Load(k.Pointer + key, count), sum);
                dk.Write(key, g * query, count);
                dv.Write(key, Vector512.Create(weights[t]) * dy, count);
            }
            dq.Write(at, sum, count);
        }
    }
}
