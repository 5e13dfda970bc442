using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Embedding;

public sealed unsafe partial class EmbeddingFm
{
    private const int BlockRows = 128;

    // Prefetch distance: far enough that a table row has arrived from memory when it is used.
    private const int PrefetchRows = 2;

    // B of this pass.
    private int rows;

    private OpVariant Simd()
    {
        RowBlocks forward = new(device, BlockRows, ForwardRows), backward = new(device, BlockRows, BackwardRows);
        Action<int> numeric = NumericBlock;
        return new(
            (in Pass pass) => forward.Run(rows = pass.Rows),
            (in Pass pass) =>
            {
                backward.Run(rows = pass.Rows);
                device.Team!.Run(n, numeric);
                if (t.FirstOrder is { } first)
                    *t.Bias!.Gradient!.Pointer = SumOfGradients(first);
            });
    }

    private float SumOfGradients(Tensor first)
    {
        float sum = 0;
        for (int b = 0; b < rows && first.IsConsumed; b++)
            sum += first.Gradient!.Pointer[b];
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ForwardRows(int firstRow, int endRow)
    {
        for (int b = firstRow; b < endRow; b++)
        {
            int* ids = t.Rows.Pointer + (long)b * f;
            float* x = t.Numeric.Pointer + (long)b * n;
            if (b + PrefetchRows < rows)
                PrefetchFields(ids + PrefetchRows * f);
            float pairs = VectorsOfRow(b, ids, x);
            if (t.Fm is not null)
                t.Fm.Pointer[b] = 0.5f * pairs;
            if (t.FirstOrder is not null)
                t.FirstOrder.Pointer[b] = FirstOrderOfRow(b, ids, x);
        }
    }

    private float FirstOrderOfRow(int b, int* ids, float* x)
    {
        float sum = *t.Bias!.Pointer;
        for (int i = 0; i < f; i++)
            sum += t.Weights!.Pointer[ids[i]];
        for (int i = 0; i < n; i++)
            sum += x[i] * t.NumericWeights!.Pointer[i];
        for (int i = 0; i < p; i++)
            sum += t.PooledWeights!.Pointer[(long)b * p + i];
        return sum;
    }

    /// <summary>Writes e and S of row b; returns Σ_d (S² − Σ e²).</summary>
    private float VectorsOfRow(int b, int* ids, float* x)
    {
        float* e = t.Vectors.Pointer + (long)b * (f + n + p) * d;
        Vector512<float> pairs = default;
        for (int j = 0; j < d; j += Lanes.Count)
        {
            int count = Math.Min(Lanes.Count, d - j);
            Vector512<float> sum = default, squares = default;
            float* to = e + j;
            for (int i = 0; i < f; i++, to += d)
            {
                Vector512<float> v = Lanes.Load(t.Table.Pointer + (long)ids[i] * d + j, count);
                Lanes.Store(v, to, count);
                sum += v;
                squares = Vector512.FusedMultiplyAdd(v, v, squares);
            }
            for (int i = 0; i < n; i++, to += d)
            {
                Vector512<float> v = Lanes.Load(t.NumericVectors.Pointer + i * d + j, count) * x[i];
                Lanes.Store(v, to, count);
                if (!t.NumericInFm)
                    continue;
                sum += v;
                squares = Vector512.FusedMultiplyAdd(v, v, squares);
            }
            for (int i = 0; i < p; i++, to += d)
            {
                Vector512<float> v = Lanes.Load(t.Pooled!.Pointer + ((long)b * p + i) * d + j, count);
                Lanes.Store(v, to, count);
                sum += v;
                squares = Vector512.FusedMultiplyAdd(v, v, squares);
            }
            Lanes.Store(sum, sums.Pointer + (long)b * d + j, count);
            pairs += sum * sum - squares;
        }
        return Vector512.Sum(pairs);
    }

    private void PrefetchFields(int* ids)
    {
        for (int i = 0; i < f; i++)
        {
            Prefetch.Row(t.Table.Pointer + (long)ids[i] * d, d);
            if (t.Weights is not null)
                Prefetch.Ahead(t.Weights.Pointer + ids[i]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void BackwardRows(int firstRow, int endRow)
    {
        int c = f + n + p;
        bool usesE = t.Vectors.IsConsumed, usesFm = t.Fm is { IsConsumed: true }, usesFirst = t.FirstOrder is { IsConsumed: true };
        for (int b = firstRow; b < endRow; b++)
        {
            if (t.RowWeights is not null)
                new Span<float>(t.RowWeights.Gradient!.Pointer + (long)b * c, c).Fill(usesFirst ? t.FirstOrder!.Gradient!.Pointer[b] : 0);
            if (p > 0 && t.PooledWeights is not null)
                new Span<float>(t.PooledWeights.Gradient!.Pointer + (long)b * p, p).Fill(usesFirst ? t.FirstOrder!.Gradient!.Pointer[b] : 0);
            if (usesFm || !usesE)
                AddPairs(b, c, usesE, usesFm);
            int pooled = p * d;
            if (pooled > 0)
                new Span<float>(t.Vectors.Gradient!.Pointer + ((long)b * c + f + n) * d, pooled).CopyTo(new Span<float>(t.Pooled!.Gradient!.Pointer + (long)b * pooled, pooled));
        }
    }

    /// <summary>de[b,c] += dfm[b] (S[b] − e[b,c]), or = if no other op has written de.</summary>
    private void AddPairs(int b, int c, bool usesE, bool usesFm)
    {
        float g = usesFm ? t.Fm!.Gradient!.Pointer[b] : 0;
        for (int j = 0; j < d; j += Lanes.Count)
        {
            int count = Math.Min(Lanes.Count, d - j);
            Vector512<float> s = Lanes.Load(sums.Pointer + (long)b * d + j, count);
            float* e = t.Vectors.Pointer + (long)b * c * d + j;
            float* de = t.Vectors.Gradient!.Pointer + (long)b * c * d + j;
            for (int i = 0; i < c; i++, e += d, de += d)
            {
                Vector512<float> pair = i < f || i >= f + n || t.NumericInFm ? (s - Lanes.Load(e, count)) * g : default;
                Lanes.Store(usesE ? Lanes.Load(de, count) + pair : pair, de, count);
            }
        }
    }

    /// <summary>dV and du of one numeric field.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void NumericBlock(int field)
    {
        int c = f + n + p;
        if (t.FirstOrder is { } first)
        {
            float du = 0;
            for (int b = 0; b < rows && first.IsConsumed; b++)
                du += t.Numeric.Pointer[(long)b * n + field] * first.Gradient!.Pointer[b];
            t.NumericWeights!.Gradient!.Pointer[field] = du;
        }
        for (int j = 0; j < d; j += Lanes.Count)
        {
            int count = Math.Min(Lanes.Count, d - j);
            Vector512<float> sum = default;
            float* de = t.Vectors.Gradient!.Pointer + (long)(f + field) * d + j;
            for (int b = 0; b < rows; b++, de += (long)c * d)
                sum += Lanes.Load(de, count) * t.Numeric.Pointer[(long)b * n + field];
            Lanes.Store(sum, t.NumericVectors.Gradient!.Pointer + field * d + j, count);
        }
    }
}
