using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Simd;

namespace GpuCtr.Kernels.Attention;

public sealed unsafe partial class AttentionPooling
{
    private const int BlockRows = 32, PrefetchTokens = 16;

    private readonly Action<int> forwardBlock, backwardBlock;
    private int rows;

    private void Run(in Pass pass, Action<int> block)
    {
        rows = pass.Rows;
        device.Team!.Run((rows + BlockRows - 1) / BlockRows, block);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ForwardBlock(int block)
    {
        int d = history.D, last = Math.Min((block + 1) * BlockRows, rows), prefetched = history.Offsets.Pointer[rows] - PrefetchTokens;
        for (int b = block * BlockRows; b < last; b++)
        {
            int first = history.Offsets.Pointer[b], end = history.Offsets.Pointer[b + 1];
            Normalize(first, end);
            for (int field = 0; field < history.Bases.Length; field++)
            {
                int* ids = history.Rows.Pointer + history.Bases.Pointer[field];
                float* to = pooled.Pointer + (long)b * history.E + field * d;
                for (int j = 0; j < d; j += Lanes.Count)
                {
                    int count = Math.Min(Lanes.Count, d - j);
                    Vector512<float> sum = default;
                    for (int t = first; t < end; t++)
                    {
                        if (t < prefetched)
                            Prefetch.Ahead(history.Table.Pointer + (long)ids[t + PrefetchTokens] * d + j);
                        sum = Vector512.FusedMultiplyAdd(Vector512.Create(weight.Pointer[t]), Lanes.Load(history.Table.Pointer + (long)ids[t] * d + j, count), sum);
                    }
                    Lanes.Store(sum, to + j, count);
                }
            }
        }
    }

    private void Normalize(int first, int end)
    {
        float* s = score.Pointer, w = weight.Pointer;
        float highest = float.NegativeInfinity, sum = 0, root = MathF.Sqrt(history.E);
        for (int t = first; t < end; t++)
            highest = MathF.Max(highest, s[t]);
        for (int t = first; t < end; t++)
        {
            w[t] = normalization switch
            {
                AttentionNormalization.None => s[t],
                AttentionNormalization.Sigmoid => 1 / (1 + MathF.Exp(-s[t] / root)),
                AttentionNormalization.ScaledSoftmax => MathF.Exp((s[t] - highest) / root),
                _ => MathF.Exp(s[t] - highest),
            };
            sum += w[t];
        }
        for (int t = first; t < end && SumsToOne(normalization); t++)
            w[t] /= sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void BackwardBlock(int block)
    {
        int d = history.D, e = history.E, last = Math.Min((block + 1) * BlockRows, rows), prefetched = history.Offsets.Pointer[rows] - PrefetchTokens;
        float* ds = dScore.Target!.Pointer;
        for (int b = block * BlockRows; b < last; b++)
        {
            int first = history.Offsets.Pointer[b], end = history.Offsets.Pointer[b + 1];
            float* dPooled = pooled.Gradient!.Pointer + (long)b * e;
            for (int t = first; t < end; t++)
                ds[t] = KeyGradient(t, dPooled, d, prefetched);
            ScoreGradients(ds, first, end);
        }
    }

    /// <summary>Writes dk_t = a_t dpooled, where that is this op's part; returns da_t = ⟨dpooled, k_t⟩.</summary>
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

    private void ScoreGradients(float* ds, int first, int end)
    {
        float* w = weight.Pointer;
        float inner = 0, root = MathF.Sqrt(history.E);
        for (int t = first; t < end; t++)
            inner += w[t] * ds[t];
        for (int t = first; t < end; t++)
            ds[t] = normalization switch
            {
                AttentionNormalization.None => ds[t],
                AttentionNormalization.Sigmoid => ds[t] * w[t] * (1 - w[t]) / root,
                AttentionNormalization.ScaledSoftmax => w[t] * (ds[t] - inner) / root,
                _ => w[t] * (ds[t] - inner),
            };
    }
}
