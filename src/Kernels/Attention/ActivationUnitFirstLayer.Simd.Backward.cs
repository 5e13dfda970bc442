using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Simd;

namespace GpuCtr.Kernels.Attention;

/// <content>The backward pass by blocks of examples: dM and dk of each example, then the sums of G over the examples of the block.</content>
public sealed unsafe partial class ActivationUnitFirstLayer
{
    private const int OuterRows = 4;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void BackwardRows(int block, int firstRow, int endRow)
    {
        int eWide = ePanels * Panel.Width, outerLength = h * eWide, filled = 0;
        int* outerRows = stackalloc int[OuterRows];
        float* outer = ThreadScratch.Get((nuint)(OuterRows * outerLength + Depth * eWide + ChunkTokens * (eWide + Stride)));
        float* m = outer + OuterRows * outerLength, keys = m + Depth * eWide, dz = keys + ChunkTokens * eWide;
        float* sum = partials.Of(block);
        new Span<float>(sum, 2 * h * e).Clear();
        for (int b = firstRow; b < endRow; b++)
        {
            int first = history.Offsets.Pointer[b], end = history.Offsets.Pointer[b + 1];
            new Span<float>(rowSums.Pointer + b * h, h).Clear();
            new Span<float>(dQuery.Pointer + b * e, e).Clear();
            if (first == end)
                continue;
            nint panelLength = KeptPanel(first, end, Depth);
            for (int t = first; t < end; t += ChunkTokens)
            {
                int n = Math.Min(ChunkTokens, end - t);
                PrefetchSchedule ahead = Ahead(t, n);
                history.GatherPanels(keys, t, n);
                TakeGradients(dz, t, n, rowSums.Pointer + b * h);
                for (int panel = 0; panel < ePanels; panel++)
                    Differentiate(panel, b, t, n, dz, keys, m + panel * panelLength, outer + filled * outerLength + panel * Panel.Width, eWide, starts: t == first, &ahead);
            }
            outerRows[filled++] = b;
            if (filled == OuterRows)
            {
                AddOuter<GemmTile.Rows4>(outer, outerRows, sum);
                filled = 0;
            }
        }
        for (int i = 0; i < filled; i++)
            AddOuter<GemmTile.Rows1>(outer + i * outerLength, outerRows + i, sum);
    }

    /// <summary>Prefetches the data that the next n positions read and write.</summary>
    private PrefetchSchedule Ahead(int t, int n)
    {
        PrefetchSchedule ahead = default;
        history.AnnounceKeys(t + n, n, ref ahead);
        history.AnnounceKeyGradients(t + n, n, ref ahead);
        if (statistics.Wanted)
            statistics.Announce(t + n, n, z.Gradient!.Pointer + (long)(t + n) * h, ref ahead);
        ahead.Spread(ePanels * (GemmTile.Tiles(h) + GemmTile.Tiles(n)));
        return ahead;
    }

    /// <summary>dM and dk of a panel: G (+)= dzᵀ K and dk = (dz, a) (M; dpooled), or dk += dz M.</summary>
    private void Differentiate(int panel, int b, int t, int n, float* dz, float* keys, float* m, float* outer, nint outerStride, bool starts, PrefetchSchedule* ahead)
    {
        int d = history.D, field = panel / FieldPanels, j = panel % FieldPanels * Panel.Width, columns = Math.Min(Panel.Width, d - j);
        if (starts)
            LayOutByE(m, panel, b, field * d + j, columns);
        GemmTile.Rows(h, dz, 1, Stride, keys + panel * n * Panel.Width, n, outer, outerStride, columns, starts ? null : outer, outerStride, Wide, ahead);
        float* dKeys = history.KeyGradients(field, t) + j;
        GemmTile.Rows(n, dz, Stride, 1, m, Depth, dKeys, d, columns, pooling is null ? dKeys : null, d, Wide, ahead);
    }

    /// <summary>dz of n positions, with the deferred Dice correction applied, and next to it the pooling weight of each position; their sum is added to g.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void TakeGradients(float* dz, int t, int n, float* g)
    {
        float* from = z.Gradient!.Pointer + (long)t * h;
        if (statistics.Wanted)
            statistics.Correct(t, n, from, dz, Stride, g);
        else
        {
            for (int i = 0; i < n; i++)
                new Span<float>(from + (nint)i * h, h).CopyTo(new Span<float>(dz + (nint)i * Stride, h));
            Sums.AddRows(g, from, n, h, h);
        }
        if (pooling is null)
            return;
        float* weight = pooling.Weights.Pointer + t;
        for (int i = 0; i < n; i++)
            dz[(nint)i * Stride + h] = weight[i];
    }

    /// <summary>Adds G of some examples to the sums of G and of G·diag(q), and Σ_h Wp[h] ∘ G[h] to their dq.</summary>
    /// <remarks>Several examples at a time, because the sums are read from and written to the second-level cache.</remarks>
    /// <param name="outer">(rows, H, E wide).</param>
    /// <param name="row">Their row numbers in the batch.</param>
    /// <param name="sum">(2, H, E).</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddOuter<TRows>(float* outer, int* row, float* sum) where TRows : struct, GemmTile.IRows
    {
        for (int field = 0; field < history.Bases.Length; field++)
            for (int j = 0; j < history.D; j += Lanes.Count)
                AddOuterColumns<TRows>(outer + field * FieldPanels * Panel.Width + j, row, sum, field * history.D + j, history.D - j);
    }

    /// <summary>The same for up to 16 columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddOuterColumns<TRows>(float* outer, int* row, float* sum, int column, int columns) where TRows : struct, GemmTile.IRows
    {
        nint e = this.e, eWide = ePanels * Panel.Width, length = h * eWide;
        float* q = query.Pointer + column, dq = dQuery.Pointer + column, product = w.Pointer + 3 * e + column, s = sum + column, sTimesQuery = s + h * e;
        Vector512<float> q0 = Lanes.Load(q + row[0] * e, columns), dq0 = default, q1 = default, dq1 = default, q2 = default, dq2 = default, q3 = default, dq3 = default;
        if (TRows.Count > 1)
            (q1, q2, q3) = (Lanes.Load(q + row[1] * e, columns), Lanes.Load(q + row[2] * e, columns), Lanes.Load(q + row[3] * e, columns));
        for (int i = 0; i < h; i++, outer += eWide, product += 4 * e, s += e, sTimesQuery += e)
        {
            Vector512<float> p = Lanes.Load(product, columns), g = Lanes.Load(s, columns), gTimesQuery = Lanes.Load(sTimesQuery, columns);
            AddOuterRow(outer, p, q0, columns, ref g, ref gTimesQuery, ref dq0);
            if (TRows.Count > 1)
            {
                AddOuterRow(outer + length, p, q1, columns, ref g, ref gTimesQuery, ref dq1);
                AddOuterRow(outer + 2 * length, p, q2, columns, ref g, ref gTimesQuery, ref dq2);
                AddOuterRow(outer + 3 * length, p, q3, columns, ref g, ref gTimesQuery, ref dq3);
            }
            Lanes.Store(g, s, columns);
            Lanes.Store(gTimesQuery, sTimesQuery, columns);
        }
        Lanes.Store(dq0, dq + row[0] * e, columns);
        if (TRows.Count == 1)
            return;
        Lanes.Store(dq1, dq + row[1] * e, columns);
        Lanes.Store(dq2, dq + row[2] * e, columns);
        Lanes.Store(dq3, dq + row[3] * e, columns);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddOuterRow(float* outer, Vector512<float> product, Vector512<float> q, int columns, ref Vector512<float> sum, ref Vector512<float> sumTimesQuery, ref Vector512<float> dq)
    {
        Vector512<float> g = Lanes.Load(outer, columns);
        sum += g;
        sumTimesQuery = Vector512.FusedMultiplyAdd(g, q, sumTimesQuery);
        dq = Vector512.FusedMultiplyAdd(g, product, dq);
    }

    /// <summary>dW from the blocks' partial sums, in order, and dβ.</summary>
    private void CombineWeights(int rows, int blocks)
    {
        float* dBeta = beta.Gradient!.Pointer;
        beta.Gradient.Span().Clear();
        Sums.AddRows(dBeta, rowSums.Pointer, rows, h, h);
        float* sum = partials.Combine(blocks);
        for (int i = 0; i < h; i++)
        {
            Span<float> dw = new(w.Gradient!.Pointer + (long)i * 4 * e, 4 * e);
            ReadOnlySpan<float> dWq = new(queryWeights.Pointer + i * e, e), dWk = new(sum + i * e, e);
            dWq.CopyTo(dw);
            dWk.CopyTo(dw[e..]);
            for (int j = 0; j < e; j++)
                dw[2 * e + j] = dWq[j] - dWk[j];
            new Span<float>(sum + (h + i) * e, e).CopyTo(dw[(3 * e)..]);
        }
    }
}
