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
    private int wholeRows;

    private OpVariant Simd(Workspace workspace, Dropout.Stream? drop, DeviceArray<StepScalars>? scalars)
    {
        if (drop is { } stream)
            mask = new DropoutMask(workspace, y, scalars!, stream);
        ColumnPhases forward = new(device, x.Columns, MeasureColumns, NormalizeColumns, rows => { if (ofBatch) whole.Moments(rows); });
        ColumnPhases backward = new(device, x.Columns, SumColumns, PropagateColumns, _ => { if (ofBatch) whole.Sums(); });
        return new(
            (in Pass pass) =>
            {
                Begin(pass);
                if (drops)
                    mask!.Draw((long)pass.FirstRowOf(x) * x.Columns, (long)pass.RowsOf(x) * x.Columns);
                forward.Run(pass.RowsOf(x));
            },
            (in Pass pass) =>
            {
                Begin(pass);
                backward.Run(pass.RowsOf(x));
            },
            (in Pass pass, Tensor stepFactor) => CommitStatistics(pass.WholeRowsOf(x), stepFactor));
    }

    private void Begin(in Pass pass) => (ofBatch, drops, wholeRows) = (OfBatch(pass), pass.Training && mask is not null, pass.WholeRowsOf(x));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void MeasureColumns(int rows, int h, int count)
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
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void NormalizeColumns(int rows, int h, int count)
    {
        int n = x.Columns;
        Vector512<float> mean = Statistic(0, h, count), variance = Statistic(1, h, count);
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
    private void SumColumns(int rows, int h, int count)
    {
        int n = x.Columns;
        Vector512<float> mean = Statistic(0, h, count), rstd = ReciprocalDeviation(h, count);
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
        Lanes.Store(dBeta, statistics.Pointer + 2 * n + h, count);
        Lanes.Store(dGamma, statistics.Pointer + 3 * n + h, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void PropagateColumns(int rows, int h, int count)
    {
        if (dx.Target is null)
            return;
        int n = x.Columns;
        Vector512<float> mean = Statistic(0, h, count), rstd = ReciprocalDeviation(h, count), scale = Lanes.Load(gamma.Pointer + h, count) * rstd;
        Vector512<float> meanBeta = ofBatch ? Statistic(2, h, count) / wholeRows : default, meanGamma = ofBatch ? Statistic(3, h, count) * rstd / wholeRows : default;
        float* dy = y.Gradient!.Pointer;
        for (int b = 0; b < rows; b++)
        {
            long i = (long)b * n + h;
            Vector512<float> dz = Masked(dy + i, y.Pointer + i, count);
            Vector512<float> g = (dz - meanBeta - (Lanes.Load(x.Pointer + i, count) - mean) * meanGamma) * scale;
            dx.Write(i, g, count);
        }
    }

    private Vector512<float> Statistic(int row, int h, int count) => Lanes.Load(statistics.Pointer + (long)row * x.Columns + h, count);

    private Vector512<float> ReciprocalDeviation(int h, int count) => Vector512<float>.One / Vector512.Sqrt(Statistic(1, h, count) + Vector512.Create(constants.Epsilon));

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
