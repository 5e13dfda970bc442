using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Attention;

/// One block = some rows of the batch. For each row M is laid out in panels of 32 columns, its keys are gathered 48 at a time,
/// and the register tiles of the matrix product do the rest; nothing of size T·E leaves the second-level cache.
public sealed unsafe partial class AttentionInput : IDisposable
{
    private const int MaxBlocks = 32, ChunkTokens = 48, Panel = GemmTile.Width;

    private static readonly bool Wide = Vector512.IsHardwareAccelerated;

    private Action<int> forwardBlock = null!, backwardBlock = null!;
    private Gemm? gemm;

    // Panels of Wk − Wd and of Wp with h running along the panel (for z) and with e running along it (for dk).
    private DeviceArray<float> diffByH = null!, productByH = null!, diffByE = null!, productByE = null!;
    private DeviceArray<float> queryDiff = null!, query = null!, dQuery = null!, queryWeights = null!, partials = null!;
    private int rows, blockRows, hPanels, ePanels;
    private bool laidOut;

    private int PanelFloatsH => hPanels * e * Panel;

    private int PanelFloatsE => ePanels * h * Panel;

    private void PlanSimd(Workspace workspace)
    {
        if (!device.UsesSimd)
            return;
        (forwardBlock, backwardBlock, gemm) = (ForwardBlock, BackwardBlock, new Gemm(device.Team!));
        (hPanels, ePanels) = ((h + Panel - 1) / Panel, (e + Panel - 1) / Panel);
        diffByH = workspace.Array<float>($"{z.Name} Wk-Wd panels", PanelFloatsH);
        productByH = workspace.Array<float>($"{z.Name} Wp panels", PanelFloatsH);
        diffByE = workspace.Array<float>($"{z.Name} Wk-Wd panels, transposed", PanelFloatsE);
        productByE = workspace.Array<float>($"{z.Name} Wp panels, transposed", PanelFloatsE);
        queryDiff = workspace.Array<float>($"{z.Name} Wq+Wd", h * e);
        query = workspace.Array<float>($"{z.Name} queries", history.Vectors.Rows * e);
        dQuery = workspace.TrainingArray<float>($"d {z.Name} queries", history.Vectors.Rows * e);
        queryWeights = workspace.TrainingArray<float>($"d {z.Name} Wq", h * e);
        partials = workspace.TrainingArray<float>($"d {z.Name} partial sums", 2L * MaxBlocks * PanelFloatsH);
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
        device.Team!.Run(Blocks, forwardBlock);
    }

    private void LayOutWeights()
    {
        laidOut = true;
        diffByH.Span().Clear();
        productByH.Span().Clear();
        diffByE.Span().Clear();
        productByE.Span().Clear();
        for (int i = 0; i < h; i++)
        {
            float* row = w.Pointer + (long)i * 4 * e;
            for (int j = 0; j < e; j++)
            {
                float diff = row[e + j] - row[2 * e + j], product = row[3 * e + j];
                int byH = (i / Panel * e + j) * Panel + i % Panel, byE = (j / Panel * h + i) * Panel + j % Panel;
                (diffByH.Pointer[byH], productByH.Pointer[byH]) = (diff, product);
                (diffByE.Pointer[byE], productByE.Pointer[byE]) = (diff, product);
                queryDiff.Pointer[i * e + j] = row[j] + row[2 * e + j];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ForwardBlock(int block)
    {
        int hWide = hPanels * Panel, last = Math.Min((block + 1) * blockRows, rows);
        float* m = ThreadScratch.Get((nuint)(PanelFloatsH + ChunkTokens * (e + hWide))), keys = m + PanelFloatsH, tile = keys + ChunkTokens * e;
        for (int b = block * blockRows; b < last; b++)
        {
            int first = history.Offsets.Pointer[b], end = history.Offsets.Pointer[b + 1];
            if (first == end)
                continue;
            float* q = query.Pointer + b * e;
            for (int p = 0; p < hPanels; p++)
                for (int j = 0; j < e; j++)
                    MultiplyAdd(m, diffByH.Pointer, productByH.Pointer, (p * e + j) * Panel, Vector512.Create(q[j]), Vector512.Create(q[j]));
            for (int t = first; t < end; t += ChunkTokens)
            {
                int n = Math.Min(ChunkTokens, end - t);
                Gather(keys, t, n);
                for (int p = 0; p < hPanels; p++)
                    GemmTile.Rows(n, keys, e, 1, m + p * e * Panel, e, tile + p * Panel, hWide, Math.Min(Panel, h - p * Panel), add: false, Wide);
                AddConstant(t, n, tile, constant.Pointer + b * h);
            }
        }
    }

    private void AddConstant(int t, int n, float* tile, float* c)
    {
        for (int i = 0; i < n; i++, tile += hPanels * Panel)
            for (int j = 0; j < h; j += Lanes.Count)
            {
                int count = Math.Min(Lanes.Count, h - j);
                Lanes.Store(Vector512.Load(tile + j) + Lanes.Load(c + j, count), z.Pointer + (long)(t + i) * h + j, count);
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
                AddTo(QueryField(history.Vectors.Gradient!, b, field), dQuery.Pointer + b * e + field * history.D, history.D);
        CombineWeights();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void BackwardBlock(int block)
    {
        int hWide = hPanels * Panel, eWide = ePanels * Panel, last = Math.Min((block + 1) * blockRows, rows);
        float* outer = ThreadScratch.Get((nuint)(PanelFloatsH + PanelFloatsE + ChunkTokens * (e + hWide + eWide)));
        float* m = outer + PanelFloatsH, keys = m + PanelFloatsE, dzPanels = keys + ChunkTokens * e, dKeys = dzPanels + ChunkTokens * hWide;
        float* sum = partials.Pointer + 2L * block * PanelFloatsH, sumTimesQuery = sum + PanelFloatsH;
        new Span<float>(sum, 2 * PanelFloatsH).Clear();
        for (int b = block * blockRows; b < last; b++)
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
                float* dz = z.Gradient!.Pointer + (long)t * h;
                Gather(keys, t, n);
                PackGradients(dzPanels, dz, n, rowSums.Pointer + b * h);
                for (int p = 0; p < hPanels; p++)
                    GemmTile.Rows(e, keys, 1, e, dzPanels + p * n * Panel, n, outer + p * e * Panel, Panel, UsedColumns(p), add: t > first, Wide);
                for (int p = 0; p < ePanels; p++)
                    GemmTile.Rows(n, dz, h, 1, m + p * h * Panel, h, dKeys + p * Panel, eWide, Math.Min(Panel, e - p * Panel), add: false, Wide);
                ScatterKeys(dKeys, eWide, t, n);
            }
            AddOuter(outer, sum, sumTimesQuery, b);
        }
    }

    /// <summary>M of one row in panels along e, for dk = Mᵀ dz.</summary>
    private void LayOutByE(float* m, float* q)
    {
        for (int p = 0; p < ePanels; p++)
        {
            int left = e - p * Panel;
            Vector512<float> q0 = Lanes.Load(q + p * Panel, left), q1 = left > Lanes.Count ? Lanes.Load(q + p * Panel + Lanes.Count, left - Lanes.Count) : default;
            for (int i = 0; i < h; i++)
                MultiplyAdd(m, diffByE.Pointer, productByE.Pointer, (p * h + i) * Panel, q0, q1);
        }
    }

    /// <summary>dz of n positions in panels of 32 units, zeros behind the last; their sum is added to g.</summary>
    private void PackGradients(float* to, float* dz, int n, float* g)
    {
        for (int p = 0; p < hPanels; p++)
            for (int half = 0; half < Panel; half += Lanes.Count)
            {
                int unit = p * Panel + half, count = Math.Max(0, Math.Min(Lanes.Count, h - unit));
                Vector512<float> sum = default;
                for (int i = 0; i < n; i++)
                {
                    Vector512<float> v = count == 0 ? default : Lanes.Load(dz + i * h + unit, count);
                    v.Store(to + (p * n + i) * Panel + half);
                    sum += v;
                }
                if (count > 0)
                    Lanes.Store(Lanes.Load(g + unit, count) + sum, g + unit, count);
            }
    }

    /// <summary>Columns of a panel that hold units, in whole registers; behind the last unit they are zeros.</summary>
    private int UsedColumns(int p) => h - p * Panel > Lanes.Count ? Panel : Lanes.Count;

    /// <summary>Adds G of row b to the sums of G and of G·diag(q), and Σ_h Wp[h] ∘ G[h] to dq.</summary>
    private void AddOuter(float* outer, float* sum, float* sumTimesQuery, int b)
    {
        for (int p = 0; p < hPanels; p++)
            for (int j = 0; j < e; j++)
            {
                Vector512<float> q = Vector512.Create(query.Pointer[b * e + j]), dq = default;
                for (int i = (p * e + j) * Panel, end = i + UsedColumns(p); i < end; i += Lanes.Count)
                {
                    Vector512<float> g = Vector512.Load(outer + i);
                    (Vector512.Load(sum + i) + g).Store(sum + i);
                    Vector512.FusedMultiplyAdd(g, q, Vector512.Load(sumTimesQuery + i)).Store(sumTimesQuery + i);
                    dq = Vector512.FusedMultiplyAdd(g, Vector512.Load(productByH.Pointer + i), dq);
                }
                dQuery.Pointer[b * e + j] += Vector512.Sum(dq);
            }
    }

    /// <summary>dW from the blocks' partial sums, in order, and dβ.</summary>
    private void CombineWeights()
    {
        float* dw = w.Gradient!.Pointer;
        for (int i = 0; i < h; i++)
        {
            float dBeta = 0;
            for (int b = 0; b < rows; b++)
                dBeta += rowSums.Pointer[b * h + i];
            beta.Gradient!.Pointer[i] = dBeta;
        }
        for (int block = 1; block < Blocks; block++)
            AddTo(partials.Pointer, partials.Pointer + 2L * block * PanelFloatsH, 2 * PanelFloatsH);
        for (int i = 0; i < h; i++)
            for (int j = 0; j < e; j++)
            {
                int at = (i / Panel * e + j) * Panel + i % Panel;
                float dWk = partials.Pointer[at], dWq = queryWeights.Pointer[i * e + j];
                float* row = dw + (long)i * 4 * e + j;
                row[0] = dWq;
                row[e] = dWk;
                row[2 * e] = dWq - dWk;
                row[3 * e] = partials.Pointer[PanelFloatsH + at];
            }
    }

    private void Gather(float* keys, int t, int n)
    {
        int d = history.D;
        for (int field = 0; field < history.Bases.Length; field++)
        {
            int* ids = history.Rows.Pointer + history.Bases.Pointer[field] + t;
            for (int i = 0; i < n; i++)
                for (int j = 0; j < d; j += Lanes.Count)
                    Lanes.Store(Lanes.Load(history.Table.Pointer + (long)ids[i] * d + j, d - j), keys + i * e + field * d + j, d - j);
        }
    }

    private void ScatterKeys(float* dKeys, int stride, int t, int n)
    {
        int d = history.D;
        for (int field = 0; field < history.Bases.Length; field++)
        {
            float* to = history.RowGradients.Pointer + ((long)history.GradientOffset + history.Bases.Pointer[field] + t) * d;
            for (int i = 0; i < n; i++, to += d)
                AddTo(to, dKeys + i * stride + field * d, d);
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

    private static void AddTo(float* to, float* from, int length)
    {
        for (int j = 0; j < length; j += Lanes.Count)
            Lanes.Store(Lanes.Load(to + j, length - j) + Lanes.Load(from + j, length - j), to + j, length - j);
    }

    /// <inheritdoc/>
    public void Dispose() => gemm?.Dispose();
}
