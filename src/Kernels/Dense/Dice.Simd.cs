using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Dense;

public sealed unsafe partial class Dice
{
    private readonly Action<int> forwardBlock, backwardBlock;
    private int rows;
    private bool training;

    private void Run(in Pass pass, Action<int> block)
    {
        (rows, training) = (pass.RowsOf(x), pass.Training);
        device.Team!.Run(ColumnBlocks.Count(x.Columns), block);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ForwardBlock(int task)
    {
        int n = x.Columns, h = task * ColumnBlocks.Width, count = Math.Min(ColumnBlocks.Width, n - h);
        Vector512<float> mean = Lanes.Load(runningMean.Pointer + h, count), variance = Lanes.Load(runningVariance.Pointer + h, count);
        float* first = x.Pointer + h, end = first + (long)rows * n;
        if (training && rows > 0)
        {
            Vector512<float> sum = default, squares = default;
            for (float* p = first; p < end; p += n)
                sum += Lanes.Load(p, count);
            mean = sum / rows;
            for (float* p = first; p < end; p += n)
            {
                Vector512<float> d = Lanes.Load(p, count) - mean;
                squares += d * d;
            }
            variance = squares / rows;
        }
        Lanes.Store(mean, statistics.Pointer + h, count);
        Lanes.Store(variance, statistics.Pointer + n + h, count);
        Vector512<float> scale = Vector512<float>.One / Vector512.Sqrt(variance + Vector512.Create(constants.Epsilon)), a = Lanes.Load(alpha.Pointer + h, count);
        float* to = y.Pointer + h;
        for (float* p = first; p < end; p += n, to += n)
        {
            Vector512<float> v = Lanes.Load(p, count), gate = Math512.Sigmoid((v - mean) * scale);
            Lanes.Store(v * (a + (Vector512<float>.One - a) * gate), to, count);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void BackwardBlock(int task)
    {
        int n = x.Columns, h = task * ColumnBlocks.Width, count = Math.Min(ColumnBlocks.Width, n - h);
        Vector512<float> one = Vector512<float>.One, a = Lanes.Load(alpha.Pointer + h, count), mean = Lanes.Load(statistics.Pointer + h, count);
        Vector512<float> scale = one / Vector512.Sqrt(Lanes.Load(statistics.Pointer + n + h, count) + Vector512.Create(constants.Epsilon));
        Vector512<float> dAlpha = default, sumH = default, sumHu = default;
        float* dy = y.Gradient!.Pointer + h;
        for (float* p = x.Pointer + h, end = p + (long)rows * n; p < end; p += n, dy += n)
        {
            Vector512<float> v = Lanes.Load(p, count), u = (v - mean) * scale, gate = Math512.Sigmoid(u), g = Lanes.Load(dy, count) * v * (one - gate);
            dAlpha += g;
            g *= gate;
            sumH += g;
            sumHu += g * u;
        }
        Lanes.Store(dAlpha, alpha.Gradient!.Pointer + h, count);
        if (dx.Target is not { } target)
            return;
        Vector512<float> meanH = default, meanHu = default;
        if (training && rows > 0)
            (meanH, meanHu) = (sumH * (one - a) / rows, sumHu * (one - a) / rows);
        dy = y.Gradient!.Pointer + h;
        float* to = target.Pointer + h;
        for (float* p = x.Pointer + h, end = p + (long)rows * n; p < end; p += n, dy += n, to += n)
        {
            Vector512<float> v = Lanes.Load(p, count), d = Lanes.Load(dy, count), u = (v - mean) * scale, gate = Math512.Sigmoid(u);
            Vector512<float> g = d * v * (one - a) * gate * (one - gate);
            Vector512<float> value = d * (a + (one - a) * gate) + (g - meanH - u * meanHu) * scale;
            Lanes.Store(dx.Accumulates ? Lanes.Load(to, count) + value : value, to, count);
        }
    }

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
