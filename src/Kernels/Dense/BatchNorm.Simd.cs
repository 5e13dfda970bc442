using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Optimizers;
using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Dense;

public sealed unsafe partial class BatchNorm
{
    private DropoutMask? mask;
    private bool ofBatch, drops;

    private OpVariant Simd(Workspace workspace, Dropout.Stream? drop, DeviceArray<StepScalars>? scalars)
    {
        if (drop is { } stream)
            mask = new DropoutMask(workspace, y, scalars!, stream);
        ColumnBlocks forward = new(device, x.Columns, ForwardColumns), backward = new(device, x.Columns, BackwardColumns);
        return new(
            (in Pass pass) =>
            {
                (ofBatch, drops) = (OfBatch(pass), pass.Training && mask is not null);
                if (drops)
                    mask!.Draw((long)pass.FirstRowOf(x) * x.Columns, (long)pass.RowsOf(x) * x.Columns);
                forward.Run(pass.RowsOf(x));
            },
            (in Pass pass) =>
            {
                (ofBatch, drops) = (OfBatch(pass), pass.Training && mask is not null);
                backward.Run(pass.RowsOf(x));
            },
            (in Pass pass, Tensor stepFactor) => CommitStatistics(pass.RowsOf(x), stepFactor));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ForwardColumns(int rows, int h, int count)
    {
        int n = x.Columns;
        Vector512<float> mean = Lanes.Load(runningMean.Pointer + h, count), variance = Lanes.Load(runningVariance.Pointer + h, count);
        if (ofBatch)
        {
            Vector512<float> sum = default, squares = default;
            for (float* p = x.Pointer + h, end = p + (long)rows * n; p < end; p += n)
                sum += Lanes.Load(p, count);
            mean = sum / rows;
            for (float* p = x.Pointer + h, end = p + (long)rows * n; p < end; p += n)
            {
                Vector512<float> d = Lanes.Load(p, count) - mean;
                squares += d * d;
            }
            variance = squares / rows;
        }
        Lanes.Store(mean, statistics.Pointer + h, count);
        Lanes.Store(variance, statistics.Pointer + n + h, count);
        Vector512<float> scale = Lanes.Load(gamma.Pointer + h, count) / Vector512.Sqrt(variance + Vector512.Create(constants.Epsilon));
        Vector512<float> shift = Lanes.Load(beta.Pointer + h, count);
        Vector512<float> floor = relu ? Vector512<float>.Zero : Vector512.Create(float.NegativeInfinity);
        float* to = y.Pointer + h;
        for (float* p = x.Pointer + h, end = p + (long)rows * n; p < end; p += n, to += n)
        {
            Vector512<float> value = Vector512.Max(Vector512.FusedMultiplyAdd(Lanes.Load(p, count) - mean, scale, shift), floor);
            Lanes.Store(drops ? mask!.Apply(value, to - y.Pointer) : value, to, count);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void BackwardColumns(int rows, int h, int count)
    {
        int n = x.Columns;
        Vector512<float> mean = Lanes.Load(statistics.Pointer + h, count);
        Vector512<float> rstd = Vector512<float>.One / Vector512.Sqrt(Lanes.Load(statistics.Pointer + n + h, count) + Vector512.Create(constants.Epsilon));
        Vector512<float> dBeta = default, dGamma = default;
        float* dy = y.Gradient!.Pointer;
        for (int b = 0; b < rows; b++)
        {
            long i = (long)b * n + h;
            Vector512<float> dz = Masked(dy + i, y.Pointer + i, count);
            dBeta += dz;
            dGamma += dz * ((Lanes.Load(x.Pointer + i, count) - mean) * rstd);
        }
        Lanes.Store(dBeta, beta.Gradient!.Pointer + h, count);
        Lanes.Store(dGamma, gamma.Gradient!.Pointer + h, count);
        if (dx.Target is null)
            return;
        Vector512<float> scale = Lanes.Load(gamma.Pointer + h, count) * rstd;
        Vector512<float> meanBeta = ofBatch ? dBeta / rows : default, meanGamma = ofBatch ? dGamma * rstd / rows : default;
        for (int b = 0; b < rows; b++)
        {
            long i = (long)b * n + h;
            Vector512<float> dz = Masked(dy + i, y.Pointer + i, count);
            Vector512<float> g = (dz - meanBeta - (Lanes.Load(x.Pointer + i, count) - mean) * meanGamma) * scale;
            dx.Write(i, g, count);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector512<float> Masked(float* dy, float* value, int count)
    {
        Vector512<float> g = drops ? Lanes.Load(dy, count) * mask!.Scale : Lanes.Load(dy, count);
        return relu ? Vector512.ConditionalSelect(Vector512.GreaterThan(Lanes.Load(value, count), Vector512<float>.Zero), g, Vector512<float>.Zero) : g;
    }

    private void CommitStatistics(int rows, Tensor stepFactor)
    {
        if (*stepFactor.Pointer == 0)
            return;
        for (int h = 0; h < x.Columns; h++)
        {
            float unbiased = statistics.Pointer[x.Columns + h] * rows / (rows - 1);
            runningMean.Pointer[h] += constants.Momentum * (statistics.Pointer[h] - runningMean.Pointer[h]);
            runningVariance.Pointer[h] += constants.Momentum * (unbiased - runningVariance.Pointer[h]);
        }
    }
}
