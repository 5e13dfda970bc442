using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Simd;

namespace GpuCtr.Kernels.Attention;

public sealed unsafe partial class AttentionPooling
{
    private const int BlockRows = 32, PrefetchTokens = 16;

    private bool writesKeyGradients;
    private int rows;

    private OpVariant Simd(ActivationUnitFirstLayer? input)
    {
        writesKeyGradients = input is null;
        input?.WritesKeyGradientsOf(this);
        RowBlocks forward = new(device, BlockRows, ForwardRows), backward = new(device, BlockRows, BackwardRows);
        return new((in Pass pass) => forward.Run(rows = pass.Rows), (in Pass pass) => backward.Run(rows = pass.Rows));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ForwardRows(int firstRow, int endRow)
    {
        int d = history.D, positions = history.Offsets.Pointer[rows];
        for (int b = firstRow; b < endRow; b++)
        {
            int first = history.Offsets.Pointer[b], end = history.Offsets.Pointer[b + 1];
            Normalize(first, end);
            for (int field = 0; field < history.Bases.Length; field++)
            {
                int* ids = history.Rows.Pointer + history.Bases.Pointer[field];
                GatheredRows.Sum(history.Table.Pointer, d, ids, weight.Pointer, first, end, positions, pooled.Pointer + (long)b * history.E + field * d);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Normalize(int first, int end)
    {
        int n = end - first;
        float* s = score.Pointer + first, w = weight.Pointer + first;
        float highest = float.NegativeInfinity, root = MathF.Sqrt(history.E);
        for (int t = 0; t < n && SumsToOne(normalization); t++)
            highest = MathF.Max(highest, s[t]);
        for (int t = 0; t < n; t += Lanes.Count)
        {
            Vector512<float> x = Lanes.Load(s + t, n - t);
            x = normalization switch
            {
                AttentionNormalization.None => x,
                AttentionNormalization.Sigmoid => Math512.Sigmoid(x / root),
                AttentionNormalization.ScaledSoftmax => Math512.Exp((x - Vector512.Create(highest)) / root),
                _ => Math512.Exp(x - Vector512.Create(highest)),
            };
            Lanes.Store(x, w + t, n - t);
        }
        if (!SumsToOne(normalization))
            return;
        Vector512<float> sums = default;
        for (int t = 0; t < n; t += Lanes.Count)
            sums += Lanes.Load(w + t, n - t);
        float sum = Vector512.Sum(sums);
        for (int t = 0; t < n; t += Lanes.Count)
            Lanes.Store(Lanes.Load(w + t, n - t) / sum, w + t, n - t);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void BackwardRows(int firstRow, int endRow)
    {
        int d = history.D, e = history.E, prefetched = history.Offsets.Pointer[rows] - PrefetchTokens;
        float* ds = dScore.Target!.Pointer;
        for (int b = firstRow; b < endRow; b++)
        {
            int first = history.Offsets.Pointer[b], end = history.Offsets.Pointer[b + 1];
            float* dPooled = pooled.Gradient!.Pointer + (long)b * e;
            for (int t = first; t < end; t++)
                ds[t] = KeyGradient(t, dPooled, d, prefetched);
            ScoreGradients(ds, first, end);
        }
    }

    /// <summary>Writes dk_t = a_t dpooled if this op does so; returns da_t = ⟨dpooled, k_t⟩.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private float KeyGradient(int t, float* dPooled, int d, int prefetched)
    {
        Vector512<float> dot = default, a = Vector512.Create(weight.Pointer[t]);
        for (int field = 0; field < history.Bases.Length; field++)
        {
            int position = history.Bases.Pointer[field] + t;
            float* key = history.Table.Pointer + (long)history.Rows.Pointer[position] * d;
            if (t < prefetched)
                Prefetch.Row(history.Table.Pointer + (long)history.Rows.Pointer[position + PrefetchTokens] * d, d);
            float* dKey = history.RowGradients.Pointer + ((long)history.GradientOffset + position) * d;
            for (int j = 0; j < d; j += Lanes.Count)
            {
                int count = Math.Min(Lanes.Count, d - j);
                Vector512<float> g = Lanes.Load(dPooled + field * d + j, count);
                dot = Vector512.FusedMultiplyAdd(g, Lanes.Load(key + j, count), dot);
                if (writesKeyGradients)
                    Lanes.Store(g * a, dKey + j, count);
            }
        }
        return Vector512.Sum(dot);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ScoreGradients(float* ds, int first, int end)
    {
        int n = end - first;
        float* w = weight.Pointer + first;
        ds += first;
        float root = MathF.Sqrt(history.E);
        Vector512<float> inner = default;
        for (int t = 0; t < n; t += Lanes.Count)
            inner = Vector512.FusedMultiplyAdd(Lanes.Load(w + t, n - t), Lanes.Load(ds + t, n - t), inner);
        inner = Vector512.Create(Vector512.Sum(inner));
        for (int t = 0; t < n; t += Lanes.Count)
        {
            Vector512<float> a = Lanes.Load(w + t, n - t), d = Lanes.Load(ds + t, n - t);
            d = normalization switch
            {
                AttentionNormalization.None => d,
                AttentionNormalization.Sigmoid => d * a * (Vector512<float>.One - a) / root,
                AttentionNormalization.ScaledSoftmax => a * (d - inner) / root,
                _ => a * (d - inner),
            };
            Lanes.Store(d, ds + t, n - t);
        }
    }
}
