using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Attention;

/// <summary>
/// One block = some examples. For each example, M is laid out in panels, keys are gathered 60 at a time, and the register
/// tiles of the matrix product do the rest. Of the intermediate values of size T·E, only z and dk leave the second-level cache.
/// Panels along e start anew with every field, so that a tile of dk is part of consecutive row gradients of the table.
/// </summary>
public sealed unsafe partial class ActivationUnitFirstLayer : IDisposable
{
    private const int ChunkTokens = 60, OuterRows = 4;

    private static readonly bool Wide = Vector512.IsHardwareAccelerated;

    private ColumnStatistics statistics = null!;
    private Gemm? gemm;

    // Panels of Wk − Wd and of Wp with h running along the panel (for z) and with e running along it (for dk).
    private DeviceArray<float> diffByH = null!, productByH = null!, diffByE = null!, productByE = null!;

    // (H, E) Wq + Wd and dWq; (B, E) queries and their gradients; for each block, (H, E) Σ G and Σ G·diag(q).
    private DeviceArray<float> queryDiff = null!, queryWeights = null!, query = null!, dQuery = null!;
    private PartialSums partials = null!;
    private int hPanels, ePanels;
    private bool measures, laidOut;

    private int PanelFloatsH => hPanels * e * Panel.Width;

    private int PanelFloatsE => ePanels * h * Panel.Width;

    /// <summary>Columns that a product for dk sums over: those of dz and, for the pooling, its weights.</summary>
    private int Depth => pooling is null ? h : h + 1;

    /// <summary>Distance of two rows of dz.</summary>
    private int Stride => (Depth + Lanes.Count - 1) / Lanes.Count * Lanes.Count;

    private int FieldPanels => Panel.Count(history.D);

    private OpVariant Simd(Workspace workspace)
    {
        Gemm products = gemm = new(device.Team!);
        MatrixCopy copies = new(device);
        (hPanels, ePanels) = (Panel.Count(h), (int)history.Bases.Length * FieldPanels);
        diffByH = workspace.Array<float>($"{z.Name} Wk-Wd panels", PanelFloatsH);
        productByH = workspace.Array<float>($"{z.Name} Wp panels", PanelFloatsH);
        diffByE = workspace.Array<float>($"{z.Name} Wk-Wd panels, transposed", PanelFloatsE);
        productByE = workspace.Array<float>($"{z.Name} Wp panels, transposed", PanelFloatsE);
        queryDiff = workspace.Array<float>($"{z.Name} Wq+Wd", h * e);
        queryWeights = workspace.TrainingArray<float>($"d {z.Name} Wq", h * e);
        query = workspace.Array<float>($"{z.Name} queries", history.Vectors.Rows * e);
        dQuery = workspace.TrainingArray<float>($"d {z.Name} queries", history.Vectors.Rows * e);
        partials = new PartialSums(workspace, $"d {z.Name}", 2 * h * e);
        z.Statistics = statistics = new ColumnStatistics(workspace, z);
        RowBlocks forward = RowBlocks.WithSums(device, 1, ForwardRows), backward = RowBlocks.WithSums(device, 1, BackwardRows);
        return new(
            (in Pass pass) =>
            {
                if (!(pass.Frozen && laidOut))
                    LayOutWeights();
                for (int field = 0; field < history.Bases.Length; field++)
                    copies.Run(query.Pointer + field * history.D, e, QueryField(history.Vectors, field), history.Vectors.Columns, pass.Rows, history.D);
                products.Run(
                    constant.Pointer, Gemm.Matrix.RowMajor(query.Pointer, e), Gemm.Matrix.Transposed(queryDiff.Pointer, e), pass.Rows, h, e, rowBias: beta.Pointer, frozen: pass.Frozen);
                statistics.Clear();
                measures = statistics.Wanted && pass.Training;
                forward.Run(pass.Rows);
            },
            (in Pass pass) =>
            {
                int blocks = backward.Run(pass.Rows);
                // dWq = Σ_b g qᵀ and dq = (Wq + Wd)ᵀ g are products over the whole batch.
                products.Run(queryWeights.Pointer, Gemm.Matrix.Transposed(rowSums.Pointer, h), Gemm.Matrix.RowMajor(query.Pointer, e), h, e, pass.Rows);
                products.Run(dQuery.Pointer, Gemm.Matrix.RowMajor(rowSums.Pointer, h), Gemm.Matrix.RowMajor(queryDiff.Pointer, e), pass.Rows, e, h, add: true);
                for (int field = 0; field < history.Bases.Length; field++)
                    copies.Run(QueryField(history.Vectors.Gradient!, field), history.Vectors.Columns, dQuery.Pointer + field * history.D, e, pass.Rows, history.D, add: true);
                CombineWeights(pass.Rows, blocks);
            });
    }

    private void LayOutWeights()
    {
        laidOut = true;
        float* q = w.Pointer, k = q + e, d = k + e, p = d + e;
        for (int i = 0; i < h; i++)
            for (int j = 0; j < e; j++)
            {
                long at = (long)i * 4 * e + j;
                int column = j / history.D * FieldPanels * Panel.Width + j % history.D;
                int byH = (i / Panel.Width * e + j) * Panel.Width + i % Panel.Width, byE = (column / Panel.Width * h + i) * Panel.Width + column % Panel.Width;
                diffByH.Pointer[byH] = diffByE.Pointer[byE] = k[at] - d[at];
                productByH.Pointer[byH] = productByE.Pointer[byE] = p[at];
                queryDiff.Pointer[i * e + j] = q[at] + d[at];
            }
    }

    /// <summary>Distance of two panels of M. An example whose keys are processed at once needs each panel once, so all panels share one place, which stays in the first-level cache.</summary>
    private static nint KeptPanel(int first, int end, int depth) => end - first <= ChunkTokens ? 0 : depth * Panel.Width;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ForwardRows(int block, int firstRow, int endRow)
    {
        float* m = ThreadScratch.Get((nuint)(PanelFloatsH + ChunkTokens * e)), keys = m + PanelFloatsH;
        for (int b = firstRow; b < endRow; b++)
        {
            int first = history.Offsets.Pointer[b], end = history.Offsets.Pointer[b + 1];
            if (first == end)
                continue;
            float* c = constant.Pointer + b * h;
            nint panelLength = KeptPanel(first, end, e);
            for (int t = first; t < end; t += ChunkTokens)
            {
                int n = Math.Min(ChunkTokens, end - t);
                float* to = z.Pointer + (long)t * h;
                // A store to a cache line that is not cached stalls, so the next lines are prefetched while the tiles compute.
                PrefetchSchedule ahead = default;
                ahead.Add(to + n * h, n * h);
                history.AnnounceKeys(t + n, n, ref ahead);
                ahead.Spread(hPanels * GemmTile.Tiles(n));
                history.GatherRows(keys, t, n);
                for (int panel = 0; panel < hPanels; panel++)
                {
                    int unit = panel * Panel.Width;
                    float* right = m + panel * panelLength;
                    if (t == first)
                        LayOutByH(right, unit, query.Pointer + b * e);
                    GemmTile.Rows(n, keys, e, 1, right, e, to + unit, h, Math.Min(Panel.Width, h - unit), c + unit, 0, Wide, &ahead);
                }
                if (measures)
                    statistics.Add(block, to, n);
            }
        }
    }

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

    /// <summary>Prefetches what the next n positions read and write.</summary>
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

    /// <summary>The panel of M of one example that starts at a given unit, along h, for z = M k.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void LayOutByH(float* m, int unit, float* q)
    {
        float* diff = diffByH.Pointer + unit * e, product = productByH.Pointer + unit * e;
        for (int j = 0; j < e; j++, m += Panel.Width, diff += Panel.Width, product += Panel.Width)
            MultiplyAdd(m, diff, product, Vector512.Create(q[j]), Vector512.Create(q[j]));
    }

    /// <summary>A panel of M of one example along e, for dk = Mᵀ dz; followed by dpooled if this op writes the pooling's part of dk.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void LayOutByE(float* m, int panel, int b, int column, int columns)
    {
        float* q = query.Pointer + b * e + column, diff = diffByE.Pointer + (nint)panel * h * Panel.Width, product = productByE.Pointer + (nint)panel * h * Panel.Width;
        Vector512<float> q0 = Lanes.Load(q, columns), q1 = columns > Lanes.Count ? Lanes.Load(q + Lanes.Count, columns - Lanes.Count) : default;
        for (int i = 0; i < h; i++, m += Panel.Width, diff += Panel.Width, product += Panel.Width)
            MultiplyAdd(m, diff, product, q0, q1);
        if (pooling is null)
            return;
        float* dPooled = pooling.Pooled.Gradient!.Pointer + (long)b * e + column;
        Lanes.Load(dPooled, columns).Store(m);
        if (columns > Lanes.Count)
            Lanes.Load(dPooled + Lanes.Count, columns - Lanes.Count).Store(m + Lanes.Count);
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

    private float* QueryField(Tensor vectors, int field) => vectors.Pointer + history.TargetFields.Pointer[field] * history.D;

    /// <summary>m = diff + product ∘ (q0, q1).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MultiplyAdd(float* m, float* diff, float* product, Vector512<float> q0, Vector512<float> q1)
    {
        Vector512.FusedMultiplyAdd(Vector512.Load(product), q0, Vector512.Load(diff)).Store(m);
        Vector512.FusedMultiplyAdd(Vector512.Load(product + 16), q1, Vector512.Load(diff + 16)).Store(m + 16);
    }

    /// <inheritdoc/>
    public void Dispose() => gemm?.Dispose();
}
