using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Dense;

/// Blocks of 256 rows: each leaves its sums in <see cref="partials"/>, which are combined in order, and then passes over its rows again.
/// Rows by columns would leave the threads with 5 column blocks to share where an attention layer is 80 wide.
public sealed unsafe partial class Dice
{
    private const int BlockRows = 256, PartialSums = 3;

    private readonly Action<int> momentsBlock, forwardBlock, sumsBlock, backwardBlock;
    private DeviceArray<float> partials = null!;
    private int rows;
    private bool training;

    private int Blocks => (rows + BlockRows - 1) / BlockRows;

    private void PlanSimd(Workspace workspace) =>
        partials = workspace.Array<float>($"{y.Name} partial sums", device.UsesSimd ? (x.Rows + BlockRows - 1) / BlockRows * PartialSums * x.Columns : 0);

    private void RunForward(in Pass pass)
    {
        (rows, training) = (pass.RowsOf(x), pass.Training);
        int n = x.Columns;
        if (training && rows > 0)
        {
            device.Team!.Run(Blocks, momentsBlock);
            for (int h = 0; h < n; h += Lanes.Count)
                CombineMoments(h, n);
        }
        else
        {
            runningMean.Span().CopyTo(statistics.Span());
            runningVariance.Span().CopyTo(statistics.Span()[n..]);
        }
        device.Team!.Run(Blocks, forwardBlock);
    }

    private void RunBackward(in Pass pass)
    {
        (rows, training) = (pass.RowsOf(x), pass.Training);
        device.Team!.Run(Blocks, sumsBlock);
        for (int h = 0; h < x.Columns; h += Lanes.Count)
            CombineSums(h, x.Columns);
        if (dx.Target is not null)
            device.Team!.Run(Blocks, backwardBlock);
    }

    private float* Partial(int block, int sum) => partials.Pointer + ((long)block * PartialSums + sum) * x.Columns;

    /// <summary>Mean and Σ (x − mean)² of each column of a block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void MomentsBlock(int block)
    {
        int n = x.Columns, first = block * BlockRows, count = Math.Min(BlockRows, rows - first);
        for (int h = 0; h < n; h += Lanes.Count)
        {
            float* start = x.Pointer + (long)first * n + h, end = start + (long)count * n;
            Vector512<float> sum = default, squares = default;
            for (float* p = start; p < end; p += n)
                sum += Lanes.Load(p, n - h);
            Vector512<float> mean = sum / count;
            for (float* p = start; p < end; p += n)
            {
                Vector512<float> d = Lanes.Load(p, n - h) - mean;
                squares = Vector512.FusedMultiplyAdd(d, d, squares);
            }
            Lanes.Store(mean, Partial(block, 0) + h, n - h);
            Lanes.Store(squares, Partial(block, 1) + h, n - h);
        }
    }

    /// <summary>Moments of all blocks from those of each (Chan, Golub and LeVeque 1983).</summary>
    private void CombineMoments(int h, int n)
    {
        Vector512<float> mean = default, squares = default;
        for (int block = 0; block < Blocks; block++)
        {
            float before = block * BlockRows, here = Math.Min(BlockRows, rows - block * BlockRows), both = before + here;
            Vector512<float> delta = Lanes.Load(Partial(block, 0) + h, n - h) - mean;
            mean += delta * (here / both);
            squares += Lanes.Load(Partial(block, 1) + h, n - h) + delta * delta * (before * here / both);
        }
        Lanes.Store(mean, statistics.Pointer + h, n - h);
        Lanes.Store(squares / rows, statistics.Pointer + n + h, n - h);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ForwardBlock(int block)
    {
        int n = x.Columns, first = block * BlockRows, last = Math.Min(rows, first + BlockRows);
        for (int h = 0; h < n; h += Lanes.Count)
        {
            Vector512<float> mean = Lanes.Load(statistics.Pointer + h, n - h), scale = Scale(h, n), a = Lanes.Load(alpha.Pointer + h, n - h);
            for (int r = first; r < last; r++)
            {
                Vector512<float> v = Lanes.Load(x.Pointer + (long)r * n + h, n - h), gate = Math512.Sigmoid((v - mean) * scale);
                Lanes.Store(v * (a + (Vector512<float>.One - a) * gate), y.Pointer + (long)r * n + h, n - h);
            }
        }
    }

    /// <summary>Σ dα, Σ h and Σ h u of each column of a block, the latter two without their factor 1 − α.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void SumsBlock(int block)
    {
        int n = x.Columns, first = block * BlockRows, last = Math.Min(rows, first + BlockRows);
        for (int h = 0; h < n; h += Lanes.Count)
        {
            Vector512<float> mean = Lanes.Load(statistics.Pointer + h, n - h), scale = Scale(h, n);
            Vector512<float> dAlpha = default, sumH = default, sumHu = default;
            for (int r = first; r < last; r++)
            {
                Vector512<float> v = Lanes.Load(x.Pointer + (long)r * n + h, n - h), u = (v - mean) * scale, gate = Math512.Sigmoid(u);
                Vector512<float> g = Lanes.Load(y.Gradient!.Pointer + (long)r * n + h, n - h) * v * (Vector512<float>.One - gate);
                dAlpha += g;
                g *= gate;
                sumH += g;
                sumHu = Vector512.FusedMultiplyAdd(g, u, sumHu);
            }
            Lanes.Store(dAlpha, Partial(block, 0) + h, n - h);
            Lanes.Store(sumH, Partial(block, 1) + h, n - h);
            Lanes.Store(sumHu, Partial(block, 2) + h, n - h);
        }
    }

    private void CombineSums(int h, int n)
    {
        Vector512<float> dAlpha = default, sumH = default, sumHu = default;
        for (int block = 0; block < Blocks; block++)
        {
            dAlpha += Lanes.Load(Partial(block, 0) + h, n - h);
            sumH += Lanes.Load(Partial(block, 1) + h, n - h);
            sumHu += Lanes.Load(Partial(block, 2) + h, n - h);
        }
        Lanes.Store(dAlpha, alpha.Gradient!.Pointer + h, n - h);
        // Running averages do not depend on x, so in evaluation nothing flows back through them.
        Vector512<float> factor = training && rows > 0 ? (Vector512<float>.One - Lanes.Load(alpha.Pointer + h, n - h)) / rows : default;
        Lanes.Store(sumH * factor, statistics.Pointer + 2 * n + h, n - h);
        Lanes.Store(sumHu * factor, statistics.Pointer + 3 * n + h, n - h);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void BackwardBlock(int block)
    {
        int n = x.Columns, first = block * BlockRows, last = Math.Min(rows, first + BlockRows);
        float* to = dx.Target!.Pointer;
        for (int h = 0; h < n; h += Lanes.Count)
        {
            Vector512<float> one = Vector512<float>.One, a = Lanes.Load(alpha.Pointer + h, n - h), scale = Scale(h, n);
            Vector512<float> mean = Lanes.Load(statistics.Pointer + h, n - h), meanH = Lanes.Load(statistics.Pointer + 2 * n + h, n - h), meanHu = Lanes.Load(statistics.Pointer + 3 * n + h, n - h);
            for (int r = first; r < last; r++)
            {
                long i = (long)r * n + h;
                Vector512<float> v = Lanes.Load(x.Pointer + i, n - h), d = Lanes.Load(y.Gradient!.Pointer + i, n - h), u = (v - mean) * scale, gate = Math512.Sigmoid(u);
                Vector512<float> g = d * v * (one - a) * gate * (one - gate);
                Vector512<float> value = d * (a + (one - a) * gate) + (g - meanH - u * meanHu) * scale;
                Lanes.Store(dx.Accumulates ? Lanes.Load(to + i, n - h) + value : value, to + i, n - h);
            }
        }
    }

    private Vector512<float> Scale(int h, int n) =>
        Vector512<float>.One / Vector512.Sqrt(Lanes.Load(statistics.Pointer + n + h, n - h) + Vector512.Create(constants.Epsilon));

    private void CommitStatistics(int rows, Tensor guard)
    {
        if (*guard.Pointer == 0)
            return;
        int n = x.Columns;
        float unbiased = constants.UnbiasedVariance && rows > 1 ? (float)rows / (rows - 1) : 1;
        for (int h = 0; h < n; h++)
        {
            runningMean.Pointer[h] += constants.Momentum * (statistics.Pointer[h] - runningMean.Pointer[h]);
            runningVariance.Pointer[h] += constants.Momentum * (statistics.Pointer[n + h] * unbiased - runningVariance.Pointer[h]);
        }
    }
}
