using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Loss;

/// <summary>
/// Lanes are rows of h, 32 a strip, so that a softmax is sums of whole registers. The powers e^(l − max) of a strip are stored item by item, (V, 32): the layout
/// that register tiles read as right operand for dh, and as left one for de. Threads share the items: each block of items has its own largest logit and
/// sum in every row, and its own part of dh, which are combined in order; de and db of its items are its own.
/// </summary>
public sealed unsafe partial class SoftmaxCrossEntropy
{
    private const int Strip = Panel.Width, LeastItems = 64, ChunkItems = 128;

    // Four megabytes of powers, so that they are read from the second-level caches of a few cores.
    private const long SimdLogits = 1 << 20;
    private const int MostBlockRows = 256;

    // Rows of the current block, and their intermediate results.
    private int firstRow, rowCount, m, v;
    private int blockRows;
    private DeviceArray<float> powers = null!, columns = null!, panels = null!, highest = null!, sums = null!, targetLogits = null!;
    private PartialSums states = null!;

    private int Strips => (rowCount + Strip - 1) / Strip;

    private PassWork Simd(Workspace workspace)
    {
        int d = h.Columns;
        v = rows.Count;
        blockRows = (int)Math.Clamp((blockLogits > 0 ? blockLogits : SimdLogits) / v / Strip * Strip, Strip, MostBlockRows);
        powers = workspace.TrainingArray<float>("powers of a block", (long)blockRows * v);
        columns = workspace.TrainingArray<float>("columns of a block", (long)blockRows * d);
        panels = workspace.TrainingArray<float>("panels of a block", (long)blockRows * Panel.Count(d) * Panel.Width);
        highest = workspace.TrainingArray<float>("largest logits", (long)PartialSums.MaxBlocks * blockRows);
        sums = workspace.TrainingArray<float>("sums of powers", (long)PartialSums.MaxBlocks * blockRows);
        targetLogits = workspace.TrainingArray<float>("logits of targets", blockRows);
        states = new(workspace, $"d {h.Name}", blockRows * d);
        RowBlocks scores = RowBlocks.WithSums(device, LeastItems, Scores), gradients = RowBlocks.WithSums(device, LeastItems, Gradients);
        return (in Pass pass) =>
        {
            (m, v) = (pass.RowsOf(h), ItemsOf(pass));
            double sum = 0;
            for (firstRow = 0; firstRow < m; firstRow += blockRows)
            {
                rowCount = Math.Min(blockRows, m - firstRow);
                PackRows();
                sum += Normalize(scores.Run(v));
                WriteStates(states.Combine(gradients.Run(v)));
            }
            if (m == 0)
            {
                items.Gradient!.Span(0, (long)v * h.Columns).Clear();
                bias?.Gradient!.Span().Clear();
            }
            loss.Pointer[0] = (float)(sum / Math.Max(1, m));
            loss.Pointer[1] += (float)sum;
            loss.Pointer[2] += m;
        };
    }

    /// <summary>Packs the rows as right operands: once transposed, with rows as columns, and once unchanged.</summary>
    private void PackRows()
    {
        int d = h.Columns;
        for (int s = 0; s < Strips; s++)
        {
            int count = Math.Min(Strip, rowCount - s * Strip);
            float* from = h.Pointer + (long)(firstRow + s * Strip) * d;
            Panel.Pack(columns.Pointer + (long)s * Strip * d, from, 1, d, d, count);
            for (int j = 0; j < d; j += Panel.Width)
                Panel.Pack(PanelOf(s, j), from + j, d, 1, count, Math.Min(Panel.Width, d - j));
        }
    }

    private float* PanelOf(int strip, int column) => panels.Pointer + ((long)strip * Panel.Count(h.Columns) + column / Panel.Width) * Strip * Panel.Width;

    private float* PowersOf(int strip, int item) => powers.Pointer + ((long)strip * v + item) * Strip;

    private void Scores(int block, int first, int end)
    {
        int d = h.Columns;
        for (int s = 0; s < Strips; s++)
        {
            GemmTile.Rows(
                end - first, items.Pointer + (long)first * d, d, 1, columns.Pointer + (long)s * Strip * d, d, PowersOf(s, first), Strip, Strip, null, 0, Vector512.IsHardwareAccelerated);
            NoteTargets(s, first, end);
            long at = (long)block * blockRows + s * Strip;
            for (int lane = 0; lane < Strip; lane += Lanes.Count)
                Powers(PowersOf(s, first) + lane, bias is null ? null : bias.Pointer + first, end - first, highest.Pointer + at + lane, sums.Pointer + at + lane);
        }
    }

    /// <summary>Completes and keeps the logits of targets among some items.</summary>
    private void NoteTargets(int strip, int first, int end)
    {
        for (int r = strip * Strip; r < Math.Min(rowCount, (strip + 1) * Strip); r++)
            if (TargetOf(r) is int item && item >= first && item < end)
            {
                float* logit = PowersOf(strip, item) + r % Strip;
                if (targetBias is not null)
                    *logit += targetBias.Pointer[item];
                targetLogits.Pointer[r] = *logit + (bias is null ? 0 : bias.Pointer[item]);
            }
    }

    private int TargetOf(int row) => targets.Pointer[firstRow + row] - rows.First;

    /// <summary>Adds b to 16 columns of products, and turns them into powers relative to their largest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Powers(float* p, float* b, int n, float* highest, float* sums)
    {
        Vector512<float> most = Vector512.Create(float.NegativeInfinity), sum = default;
        for (int v = 0; v < n; v++)
            most = Vector512.Max(most, Vector512.Load(p + v * Strip) + Vector512.Create(b == null ? 0 : b[v]));
        for (int v = 0; v < n; v++)
        {
            Vector512<float> power = Math512.Exp(Vector512.Load(p + v * Strip) + (Vector512.Create(b == null ? 0 : b[v]) - most));
            sum += power;
            power.Store(p + v * Strip);
        }
        most.Store(highest);
        sum.Store(sums);
    }

    /// <summary>Turns the largest logit of every block of items into the factor that makes its powers softmax / M, 0 where there is no row; returns the sum of the losses.</summary>
    private double Normalize(int blocks)
    {
        double total = 0;
        for (int lane = 0; lane < Strips * Strip; lane += Lanes.Count)
        {
            float* largest = highest.Pointer + lane, sum = sums.Pointer + lane;
            Vector512<float> most = Vector512.Load(largest), all = default;
            for (int block = 1; block < blocks; block++)
                most = Vector512.Max(most, Vector512.Load(largest + (long)block * blockRows));
            for (int block = 0; block < blocks; block++)
                all += Math512.Exp(Vector512.Load(largest + (long)block * blockRows) - most) * Vector512.Load(sum + (long)block * blockRows);
            Vector512<float> scale = Lanes.First(Vector512.Create(1f / m) / all, Math.Max(0, rowCount - lane)), logSum = most + Vector512.Log(all);
            for (int block = 0; block < blocks; block++)
                (Math512.Exp(Vector512.Load(largest + (long)block * blockRows) - most) * scale).Store(largest + (long)block * blockRows);
            for (int r = lane; r < Math.Min(rowCount, lane + Lanes.Count); r++)
                total += logSum[r - lane] - targetLogits.Pointer[r];
        }
        return total;
    }

    private void Gradients(int block, int first, int end)
    {
        int d = h.Columns;
        for (int s = 0; s < Strips; s++)
            for (int chunk = first; chunk < end; chunk += ChunkItems)
            {
                int n = Math.Min(ChunkItems, end - chunk), count = Math.Min(Strip, rowCount - s * Strip);
                bool adds = firstRow > 0 || s > 0;
                float* p = PowersOf(s, chunk), e = items.Pointer + (long)chunk * d, de = items.Gradient!.Pointer + (long)chunk * d, dh = states.Of(block) + (long)s * Strip * d;
                Scale(p, n, highest.Pointer + (long)block * blockRows + s * Strip);
                for (int r = 0; r < count; r++)
                    if (TargetOf(s * Strip + r) is int item && item >= chunk && item < chunk + n)
                        p[(item - chunk) * Strip + r] -= 1f / m;
                if (bias is not null)
                    SumRows(p, n, bias.Gradient!.Pointer + chunk, adds);
                for (int j = 0; j < d; j += Panel.Width)
                    GemmTile.Rows(n, p, Strip, 1, PanelOf(s, j), count, de + j, d, Math.Min(Panel.Width, d - j), adds ? de + j : null, d, Vector512.IsHardwareAccelerated);
                GemmTile.Rows(d, e, 1, d, p, n, dh, Strip, Strip, chunk > first ? dh : null, Strip, Vector512.IsHardwareAccelerated);
            }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scale(float* p, int n, float* factors)
    {
        Vector512<float> low = Vector512.Load(factors), high = Vector512.Load(factors + Lanes.Count);
        for (int v = 0; v < n; v++, p += Strip)
        {
            (Vector512.Load(p) * low).Store(p);
            (Vector512.Load(p + Lanes.Count) * high).Store(p + Lanes.Count);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SumRows(float* p, int n, float* to, bool adds)
    {
        for (int v = 0; v < n; v++, p += Strip)
            to[v] = (adds ? to[v] : 0) + Vector512.Sum(Vector512.Load(p) + Vector512.Load(p + Lanes.Count));
    }

    /// <summary>Writes dh from its transposed strips.</summary>
    private void WriteStates(float* strips)
    {
        int d = h.Columns;
        float* target = h.Gradient!.Pointer + (long)firstRow * d;
        for (int r = 0; r < rowCount; r++)
            for (int j = 0; j < d; j++)
                target[(long)r * d + j] = strips[((long)(r / Strip) * d + j) * Strip + r % Strip];
    }
}
