using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Attention;

/// One block = some rows of the batch. For each row M is laid out in panels, its keys are gathered 60 at a time, and the register
/// tiles of the matrix product do the rest; nothing of size T·E leaves the second-level cache but z and dk.
public sealed unsafe partial class AttentionInput : IDisposable
{
    private const int MaxBlocks = ColumnStatistics.MaxBlocks, ChunkTokens = 60;

    private static readonly bool Wide = Vector512.IsHardwareAccelerated;

    private Action<int> forwardBlock = null!, backwardBlock = null!;
    private ColumnStatistics statistics = null!;
    private Gemm? gemm;

    // Panels of Wk − Wd and of Wp with h running along the panel (for z) and with e running along it (for dk).
    private DeviceArray<float> diffByH = null!, productByH = null!, diffByE = null!, productByE = null!;

    // (H, E) Wq + Wd and dWq; (B, E) queries and their gradients; for each block, (H, E) Σ G and Σ G·diag(q).
    private DeviceArray<float> queryDiff = null!, queryWeights = null!, query = null!, dQuery = null!, partials = null!;
    private int rows, blockRows, hPanels, ePanels;
    private bool measures, laidOut;

    private int PanelFloatsH => hPanels * e * Panel.Width;

    private int PanelFloatsE => ePanels * h * Panel.Width;

    private void PlanSimd(Workspace workspace)
    {
        if (!device.UsesSimd)
            return;
        (forwardBlock, backwardBlock, gemm) = (ForwardBlock, BackwardBlock, new Gemm(device.Team!));
        (hPanels, ePanels) = (Panel.Count(h), Panel.Count(e));
        diffByH = workspace.Array<float>($"{z.Name} Wk-Wd panels", PanelFloatsH);
        productByH = workspace.Array<float>($"{z.Name} Wp panels", PanelFloatsH);
        diffByE = workspace.Array<float>($"{z.Name} Wk-Wd panels, transposed", PanelFloatsE);
        productByE = workspace.Array<float>($"{z.Name} Wp panels, transposed", PanelFloatsE);
        queryDiff = workspace.Array<float>($"{z.Name} Wq+Wd", h * e);
        queryWeights = workspace.TrainingArray<float>($"d {z.Name} Wq", h * e);
        query = workspace.Array<float>($"{z.Name} queries", history.Vectors.Rows * e);
        dQuery = workspace.TrainingArray<float>($"d {z.Name} queries", history.Vectors.Rows * e);
        partials = workspace.TrainingArray<float>($"d {z.Name} partial sums", 2L * MaxBlocks * h * e);
        z.Statistics = statistics = new ColumnStatistics(workspace, z);
    }

    private void Start(in Pass pass)
    {
        rows = pass.Rows;
        blockRows = Math.Max(1, (rows + MaxBlocks - 1) / MaxBlocks);
    }

    private int Blocks => (rows + blockRows - 1) / blockRows;

    private void RunForward(in Pass pass)
    {
        Start(pass);
        if (!(pass.Frozen && laidOut))
            LayOutWeights();
        for (int b = 0; b < rows; b++)
            for (int field = 0; field < history.Bases.Length; field++)
                new Span<float>(QueryField(history.Vectors, b, field), history.D).CopyTo(new Span<float>(query.Pointer + b * e + field * history.D, history.D));
        gemm!.Run(constant.Pointer, Gemm.Matrix.RowMajor(query.Pointer, e), Gemm.Matrix.Transposed(queryDiff.Pointer, e), rows, h, e, rowBias: beta.Pointer, frozen: pass.Frozen);
        statistics.Clear();
        measures = statistics.Wanted && pass.Training;
        device.Team!.Run(Blocks, forwardBlock);
    }

    private void LayOutWeights()
    {
        laidOut = true;
        float* q = w.Pointer, k = q + e, d = k + e, p = d + e;
        for (int i = 0; i < h; i++)
            for (int j = 0; j < e; j++)
            {
                long at = (long)i * 4 * e + j;
                int byH = (i / Panel.Width * e + j) * Panel.Width + i % Panel.Width, byE = (j / Panel.Width * h + i) * Panel.Width + j % Panel.Width;
                diffByH.Pointer[byH] = diffByE.Pointer[byE] = k[at] - d[at];
                productByH.Pointer[byH] = productByE.Pointer[byE] = p[at];
                queryDiff.Pointer[i * e + j] = q[at] + d[at];
            }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ForwardBlock(int block)
    {
        float* m = ThreadScratch.Get((nuint)(PanelFloatsH + ChunkTokens * e)), keys = m + PanelFloatsH;
        for (int b = block * blockRows, last = Math.Min(b + blockRows, rows); b < last; b++)
        {
            int first = history.Offsets.Pointer[b], end = history.Offsets.Pointer[b + 1];
            if (first == end)
                continue;
            LayOutByH(m, query.Pointer + b * e);
            float* c = constant.Pointer + b * h;
            for (int t = first; t < end; t += ChunkTokens)
            {
                int n = Math.Min(ChunkTokens, end - t);
                float* to = z.Pointer + (long)t * h;
                // A store to a line that is not in the cache waits for it, so the next lines are asked for while the tiles are at work.
                Prefetch.Row(to + n * h, n * h);
                history.GatherRows(keys, t, n);
                for (int unit = 0; unit < h; unit += Panel.Width)
                    GemmTile.Rows(n, keys, e, 1, m + unit * e, e, to + unit, h, Math.Min(Panel.Width, h - unit), c + unit, 0, Wide);
                if (measures)
                    statistics.Add(block, to, n);
            }
        }
    }

    private void RunBackward(in Pass pass)
    {
        Start(pass);
        device.Team!.Run(Blocks, backwardBlock);
        // dWq = Σ_b g qᵀ and dq = (Wq + Wd)ᵀ g are products over the whole batch.
        gemm!.Run(queryWeights.Pointer, Gemm.Matrix.Transposed(rowSums.Pointer, h), Gemm.Matrix.RowMajor(query.Pointer, e), h, e, rows);
        gemm.Run(dQuery.Pointer, Gemm.Matrix.RowMajor(rowSums.Pointer, h), Gemm.Matrix.RowMajor(queryDiff.Pointer, e), rows, e, h, add: true);
        for (int b = 0; b < rows; b++)
            for (int field = 0; field < history.Bases.Length; field++)
                Sums.Add(QueryField(history.Vectors.Gradient!, b, field), dQuery.Pointer + b * e + field * history.D, history.D);
        CombineWeights();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void BackwardBlock(int block)
    {
        int eWide = ePanels * Panel.Width;
        float* outer = ThreadScratch.Get((nuint)(h * eWide + PanelFloatsE + ChunkTokens * (2 * eWide + h)));
        float* m = outer + h * eWide, keys = m + PanelFloatsE, dKeys = keys + ChunkTokens * eWide, dz = dKeys + ChunkTokens * eWide;
        float* sum = partials.Pointer + 2L * block * h * e;
        new Span<float>(sum, 2 * h * e).Clear();
        for (int b = block * blockRows, last = Math.Min(b + blockRows, rows); b < last; b++)
        {
            int first = history.Offsets.Pointer[b], end = history.Offsets.Pointer[b + 1];
            new Span<float>(rowSums.Pointer + b * h, h).Clear();
            new Span<float>(dQuery.Pointer + b * e, e).Clear();
            if (first == end)
                continue;
            LayOutByE(m, query.Pointer + b * e);
            for (int t = first; t < end; t += ChunkTokens)
            {
                int n = Math.Min(ChunkTokens, end - t);
                history.PrefetchKeyGradients(t + n, n);
                history.GatherPanels(keys, t, n);
                TakeGradients(dz, t, n, rowSums.Pointer + b * h);
                if (pooling is not null)
                    StartWithPooling(dKeys, eWide, b, t, n);
                for (int j = 0; j < e; j += Panel.Width)
                {
                    int columns = Math.Min(Panel.Width, e - j);
                    GemmTile.Rows(h, dz, 1, h, keys + j * n, n, outer + j, eWide, columns, t == first ? null : outer + j, eWide, Wide);
                    GemmTile.Rows(n, dz, h, 1, m + j * h, h, dKeys + j, eWide, columns, pooling is null ? null : dKeys + j, eWide, Wide);
                }
                ScatterKeys(dKeys, eWide, t, n);
            }
            AddOuter(outer, eWide, sum, b);
        }
    }

    /// <summary>M of one row in panels along h, for z = M k.</summary>
    private void LayOutByH(float* m, float* q)
    {
        for (int p = 0; p < hPanels; p++)
            for (int j = 0; j < e; j++)
                MultiplyAdd(m, diffByH.Pointer, productByH.Pointer, (p * e + j) * Panel.Width, Vector512.Create(q[j]), Vector512.Create(q[j]));
    }

    /// <summary>M of one row in panels along e, for dk = Mᵀ dz.</summary>
    private void LayOutByE(float* m, float* q)
    {
        for (int p = 0; p < ePanels; p++)
        {
            int left = e - p * Panel.Width;
            Vector512<float> q0 = Lanes.Load(q + p * Panel.Width, left), q1 = left > Lanes.Count ? Lanes.Load(q + p * Panel.Width + Lanes.Count, left - Lanes.Count) : default;
            for (int i = 0; i < h; i++)
                MultiplyAdd(m, diffByE.Pointer, productByE.Pointer, (p * h + i) * Panel.Width, q0, q1);
        }
    }

    /// <summary>dz of n positions, finished where it was left unfinished; their sum is added to g.</summary>
    private void TakeGradients(float* dz, int t, int n, float* g)
    {
        float* from = z.Gradient!.Pointer + (long)t * h;
        if (statistics.Wanted)
            statistics.Correct(t, n, from, dz);
        else
            new Span<float>(from, n * h).CopyTo(new Span<float>(dz, n * h));
        Sums.AddRows(g, dz, n, h);
    }

    /// <summary>a_t dpooled, what the pooling of the same keys adds to their gradient.</summary>
    private void StartWithPooling(float* dKeys, int stride, int b, int t, int n)
    {
        float* dPooled = pooling!.Pooled.Gradient!.Pointer + (long)b * e, weight = pooling.Weights.Pointer + t;
        for (int j = 0; j < e; j += Lanes.Count)
        {
            Vector512<float> d = Lanes.Load(dPooled + j, e - j);
            for (int i = 0; i < n; i++)
                (d * Vector512.Create(weight[i])).Store(dKeys + i * stride + j);
        }
    }

    /// <summary>Adds G of row b to the sums of G and of G·diag(q), and Σ_h Wp[h] ∘ G[h] to dq.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddOuter(float* outer, nint stride, float* sum, int b)
    {
        float* q = query.Pointer + b * e, dq = dQuery.Pointer + b * e, product = w.Pointer + 3 * e;
        for (int i = 0; i < h; i++, outer += stride, sum += e, product += 4 * e)
        {
            float* sumTimesQuery = sum + (nint)h * e;
            for (int j = 0; j < e; j += Lanes.Count)
            {
                int count = e - j;
                Vector512<float> g = Lanes.Load(outer + j, count);
                Lanes.Store(Lanes.Load(sum + j, count) + g, sum + j, count);
                Lanes.Store(Vector512.FusedMultiplyAdd(g, Lanes.Load(q + j, count), Lanes.Load(sumTimesQuery + j, count)), sumTimesQuery + j, count);
                Lanes.Store(Vector512.FusedMultiplyAdd(g, Lanes.Load(product + j, count), Lanes.Load(dq + j, count)), dq + j, count);
            }
        }
    }

    /// <summary>dW from the blocks' partial sums, in order, and dβ.</summary>
    private void CombineWeights()
    {
        float* dBeta = beta.Gradient!.Pointer;
        beta.Gradient.Span().Clear();
        Sums.AddRows(dBeta, rowSums.Pointer, rows, h);
        for (int block = 1; block < Blocks; block++)
            Sums.Add(partials.Pointer, partials.Pointer + 2L * block * h * e, 2 * h * e);
        for (int i = 0; i < h; i++)
        {
            Span<float> dw = new(w.Gradient!.Pointer + (long)i * 4 * e, 4 * e);
            ReadOnlySpan<float> dWq = new(queryWeights.Pointer + i * e, e), dWk = new(partials.Pointer + i * e, e);
            dWq.CopyTo(dw);
            dWk.CopyTo(dw[e..]);
            for (int j = 0; j < e; j++)
                dw[2 * e + j] = dWq[j] - dWk[j];
            new Span<float>(partials.Pointer + (h + i) * e, e).CopyTo(dw[(3 * e)..]);
        }
    }

    private void ScatterKeys(float* dKeys, int stride, int t, int n)
    {
        int d = history.D;
        for (int field = 0; field < history.Bases.Length; field++)
        {
            float* to = history.RowGradients.Pointer + ((long)history.GradientOffset + history.Bases.Pointer[field] + t) * d, from = dKeys + field * d;
            for (int i = 0; i < n; i++, to += d, from += stride)
                if (pooling is null)
                    Sums.Add(to, from, d);
                else
                    new Span<float>(from, d).CopyTo(new Span<float>(to, d));
        }
    }

    private float* QueryField(Tensor vectors, int b, int field) => vectors.Pointer + (long)b * vectors.Columns + history.TargetFields.Pointer[field] * history.D;

    /// <summary>m[at .. at+32] = diff + product ∘ (q0, q1).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MultiplyAdd(float* m, float* diff, float* product, int at, Vector512<float> q0, Vector512<float> q1)
    {
        Vector512.FusedMultiplyAdd(Vector512.Load(product + at), q0, Vector512.Load(diff + at)).Store(m + at);
        Vector512.FusedMultiplyAdd(Vector512.Load(product + at + 16), q1, Vector512.Load(diff + at + 16)).Store(m + at + 16);
    }

    /// <inheritdoc/>
    public void Dispose() => gemm?.Dispose();
}
