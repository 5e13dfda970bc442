using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Attention;

/// <summary>
/// One block = some examples. For each example, M is laid out in panels, keys are gathered 60 at a time, and the register
/// the rest is done in tiles of matrix products. Of the intermediate values of size T·E, only z and dk leave the second-level cache.
/// Panels along e restart with every field, so that a tile of dk is part of consecutive row gradients of the table.
/// </summary>
public sealed unsafe partial class ActivationUnitFirstLayer : IDisposable
{
    private const int ChunkTokens = 60;

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

    /// <summary>Columns that a product for dk sums over: those of dz, and the pooling weights.</summary>
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
                    copies.Run(QueryField(history.Vectors.Gradient!, field), history.Vectors.Columns, dQuery.Pointer + field * history.D, e, pass.Rows, history.D, add: dVectors.Accumulates);
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
