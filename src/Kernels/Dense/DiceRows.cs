using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Reductions;
using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Dense;

/// <summary>Dice on some rows at a time, in registers: for the SIMD variant of <see cref="Dice"/>, and for ops that apply it to rows already in cache.</summary>
/// <remarks>
/// Backward takes one pass over the rows and one exponential per element: with A = dy (α + (1 − α) p) + r g, dx = A − c₀ − c₁ x, where
/// c₁ = r² mean(g u) and c₀ = r mean(g) − c₁ mean(x) are known after all rows (<see cref="ColumnStatistics"/>).
/// Sums are kept per block of rows and combined in order, then over ranks: the same bits for any number of threads.
/// </remarks>
internal sealed unsafe class DiceRows
{
    private const int SumKinds = 3, ChunkRows = 96;

    private readonly Device device;
    private readonly DiceTensors t;
    private readonly ColumnStatistics statistics;
    private readonly WholeBatch whole;
    private readonly bool measuresItself;
    private readonly DeviceArray<float> sums;
    private readonly Action<int> momentsBlock, correctBlock;
    private readonly int n;
    private int rows, wholeRows;
    private bool training;
    private float* correcting;

    /// <param name="workspace">Reserves the partial sums.</param>
    /// <param name="tensors">Inputs and state of Dice.</param>
    /// <param name="maxBlocks">Largest number of blocks in <see cref="Differentiate"/>.</param>
    public DiceRows(Workspace workspace, in DiceTensors tensors, int maxBlocks)
    {
        (device, t, n) = (workspace.Device, tensors, tensors.X.Columns);
        measuresItself = t.X.Statistics is null;
        statistics = t.X.Statistics ?? new ColumnStatistics(workspace, t.X);
        statistics.Wanted = true;
        whole = new WholeBatch(device, t.Statistics);
        sums = workspace.TrainingArray<float>($"{t.X.Name} dice sums", (long)maxBlocks * SumKinds * n);
        (momentsBlock, correctBlock) = (MomentsBlock, CorrectBlock);
    }

    /// <summary>Mean and variance for this pass: of its rows, or in evaluation the running averages.</summary>
    public void Measure(in Pass pass)
    {
        (rows, wholeRows) = (pass.RowsOf(t.X), pass.WholeRowsOf(t.X));
        training = pass.Training && wholeRows > 0;
        if (!training)
        {
            t.RunningMean.Span().CopyTo(t.Statistics.Span());
            t.RunningVariance.Span().CopyTo(t.Statistics.Span()[n..]);
            return;
        }
        if (measuresItself)
        {
            statistics.Clear();
            device.Team!.Run(ColumnStatistics.MaxBlocks, momentsBlock);
        }
        statistics.Combine(t.Statistics.Pointer, t.Statistics.Pointer + n);
        whole.Moments(rows);
    }

    /// <summary>y of some rows.</summary>
    /// <param name="first">The first of them.</param>
    /// <param name="count">How many.</param>
    /// <param name="y">(count, H).</param>
    /// <param name="stride">Distance of two rows of y.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Activate(int first, int count, float* y, nint stride)
    {
        nint n = this.n;
        float* nextX = t.X.Pointer + (first + count) * n;
        for (int h = 0; h < n; h += Lanes.Count)
        {
            int columns = (int)n - h;
            Vector512<float> steepness = Scale(h) * -Math512.Log2E, shift = -Statistic(0, h) * steepness, a = Lanes.Load(t.Alpha.Pointer + h, columns), b = Vector512<float>.One - a;
            float* x = t.X.Pointer + (long)first * n + h, to = y + h;
            for (int r = 0; r < count; r++, x += n, to += stride)
            {
                Prefetch.Ahead(ref nextX);
                Vector512<float> v = Lanes.Load(x, columns), p = Math512.SigmoidOfPower(Vector512.FusedMultiplyAdd(v, steepness, shift));
                Lanes.Store(v * Vector512.FusedMultiplyAdd(b, p, a), to, columns);
            }
        }
    }

    /// <summary>A of some rows and their contribution to the sums of their block; optionally recomputes their activations.</summary>
    /// <param name="block">Block of the sums; its first rows overwrite the sums, the others add to them.</param>
    /// <param name="starts">Whether these are the block's first rows.</param>
    /// <param name="first">The first row.</param>
    /// <param name="count">How many.</param>
    /// <param name="dy">(count, H).</param>
    /// <param name="stride">Distance of two rows of dy.</param>
    /// <param name="panels">y in panels (H / 32, count, 32), or null.</param>
    /// <param name="dx">(rows, H) receives A, or null.</param>
    /// <param name="add">Add to dx.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Differentiate(int block, bool starts, int first, int count, float* dy, nint stride, float* panels, float* dx, bool add)
    {
        nint n = this.n;
        float* nextX = t.X.Pointer + (first + count) * n;
        for (int h = 0; h < n; h += Lanes.Count)
        {
            int columns = (int)n - h;
            Vector512<float> scale = Scale(h), steepness = scale * -Math512.Log2E, shift = -Statistic(0, h) * steepness;
            Vector512<float> a = Lanes.Load(t.Alpha.Pointer + h, columns), b = Vector512<float>.One - a, through = b * scale;
            Vector512<float> dAlpha = default, sumH = default, sumHPower = default;
            float* x = t.X.Pointer + (long)first * n + h, from = dy + h, to = dx + (long)first * n + h;
            float* panel = panels + (nint)(h / Panel.Width) * count * Panel.Width + h % Panel.Width;
            for (int r = 0; r < count; r++, x += n, from += stride, to += n, panel += Panel.Width)
            {
                Prefetch.Ahead(ref nextX);
                Vector512<float> v = Lanes.Load(x, columns), d = Lanes.Load(from, columns), power = Vector512.FusedMultiplyAdd(v, steepness, shift), p = Math512.SigmoidOfPower(power);
                Vector512<float> slope = Vector512.FusedMultiplyAdd(b, p, a), g = d * v * (Vector512<float>.One - p), gp = g * p;
                dAlpha += g;
                sumH += gp;
                sumHPower = Vector512.FusedMultiplyAdd(gp, power, sumHPower);
                if (panels != null)
                    (v * slope).Store(panel);
                if (dx == null)
                    continue;
                Vector512<float> value = Vector512.FusedMultiplyAdd(gp, through, d * slope);
                Lanes.Store(add ? Lanes.Load(to, columns) + value : value, to, columns);
            }
            AddTo(Sum(block, 0) + h, dAlpha, columns, starts);
            AddTo(Sum(block, 1) + h, sumH, columns, starts);
            AddTo(Sum(block, 2) + h, sumHPower * (-1 / Math512.Log2E), columns, starts);
        }
    }

    /// <summary>dα, c₀ and c₁, after all blocks.</summary>
    public void CombineSums(int blocks)
    {
        for (int h = 0; h < n; h += Lanes.Count)
        {
            Vector512<float> dAlpha = default, sumH = default, sumHu = default;
            for (int block = 0; block < blocks; block++)
            {
                dAlpha += Lanes.Load(Sum(block, 0) + h, n - h);
                sumH += Lanes.Load(Sum(block, 1) + h, n - h);
                sumHu += Lanes.Load(Sum(block, 2) + h, n - h);
            }
            Lanes.Store(dAlpha, t.Alpha.Gradient!.Pointer + h, n - h);
            Lanes.Store(sumH, t.Statistics.Pointer + 2 * n + h, n - h);
            Lanes.Store(sumHu, t.Statistics.Pointer + 3 * n + h, n - h);
        }
        whole.Sums();
        for (int h = 0; h < n; h += Lanes.Count)
        {
            // Running averages do not depend on x, so in evaluation nothing flows back through them.
            Vector512<float> scale = Scale(h), factor = training ? (Vector512<float>.One - Lanes.Load(t.Alpha.Pointer + h, n - h)) * scale / wholeRows : default;
            Vector512<float> c1 = Statistic(3, h) * factor * scale;
            statistics.SetCorrection(h, Statistic(2, h) * factor - c1 * Statistic(0, h), c1);
        }
    }

    /// <summary>Subtracts c₀ + c₁ x from the gradient, unless the op that wrote x does so when it reads the gradient.</summary>
    public void Finish(Tensor? dx)
    {
        if (!measuresItself || !training || dx is null)
            return;
        correcting = dx.Pointer;
        device.Team!.Run(ColumnStatistics.MaxBlocks, correctBlock);
    }

    /// <summary>Updates the running averages unless the step is skipped.</summary>
    public void Commit(Tensor stepFactor)
    {
        if (*stepFactor.Pointer == 0)
            return;
        float unbiased = t.Constants.UnbiasedVariance && wholeRows > 1 ? (float)wholeRows / (wholeRows - 1) : 1;
        for (int h = 0; h < n; h++)
        {
            t.RunningMean.Pointer[h] += t.Constants.Momentum * (t.Statistics.Pointer[h] - t.RunningMean.Pointer[h]);
            t.RunningVariance.Pointer[h] += t.Constants.Momentum * (t.Statistics.Pointer[n + h] * unbiased - t.RunningVariance.Pointer[h]);
        }
    }

    private float* Sum(int block, int kind) => sums.Pointer + ((long)block * SumKinds + kind) * n;

    private Vector512<float> Statistic(int kind, int h) => Lanes.Load(t.Statistics.Pointer + (long)kind * n + h, n - h);

    private Vector512<float> Scale(int h) => Vector512<float>.One / Vector512.Sqrt(Statistic(1, h) + Vector512.Create(t.Constants.Epsilon));

    private static void AddTo(float* to, Vector512<float> value, int count, bool starts) =>
        Lanes.Store(starts ? value : Lanes.Load(to, count) + value, to, count);

    private void MomentsBlock(int block)
    {
        for (int first = Start(block), end = Start(block + 1); first < end; first += ChunkRows)
            statistics.Add(block, t.X.Pointer + (long)first * n, Math.Min(ChunkRows, end - first));
    }

    private void CorrectBlock(int block)
    {
        int first = Start(block);
        statistics.Correct(first, Start(block + 1) - first, correcting + (long)first * n, correcting + (long)first * n, n, null);
    }

    private int Start(int block) => (int)((long)rows * block / ColumnStatistics.MaxBlocks);
}
