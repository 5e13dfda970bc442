using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Simd;

namespace GpuCtr.Kernels.Dense;

public sealed unsafe partial class Activation
{
    private OpVariant Simd() => ColumnBlocks.Variant(device, x, ForwardColumns, BackwardColumns);

    private Vector512<float> Slope(int h, int count) =>
        alpha is not null ? Lanes.Load(alpha.Pointer + h, count) : Vector512.Create(kind == ActivationKind.LeakyRelu ? Leak : 0);

    private void ForwardColumns(int rows, int h, int count)
    {
        int n = x.Columns;
        Vector512<float> slope = Slope(h, count);
        float* to = y.Pointer + h;
        for (float* p = x.Pointer + h, end = p + (long)rows * n; p < end; p += n, to += n)
        {
            Vector512<float> v = Lanes.Load(p, count);
            v = kind == ActivationKind.Sigmoid ? Math512.Sigmoid(v)
                : kind == ActivationKind.Tanh ? Math512.Tanh(v)
                : kind == ActivationKind.Gelu ? v * Math512.NormalCumulative(v, out _)
                : Vector512.ConditionalSelect(Vector512.LessThan(v, Vector512<float>.Zero), v * slope, v);
            Lanes.Store(v, to, count);
        }
    }

    private void BackwardColumns(int rows, int h, int count)
    {
        int n = x.Columns;
        Vector512<float> a = Slope(h, count), dAlpha = default;
        for (int b = 0; b < rows; b++)
        {
            long i = (long)b * n + h;
            Vector512<float> v = Lanes.Load(x.Pointer + i, count), d = Lanes.Load(y.Gradient!.Pointer + i, count), slope;
            if (kind is ActivationKind.Sigmoid or ActivationKind.Tanh)
            {
                Vector512<float> p = Lanes.Load(y.Pointer + i, count);
                slope = kind == ActivationKind.Sigmoid ? p * (Vector512<float>.One - p) : Vector512<float>.One - p * p;
            }
            else if (kind == ActivationKind.Gelu)
            {
                slope = Math512.NormalCumulative(v, out Vector512<float> power);
                slope = Vector512.FusedMultiplyAdd(v * power, Vector512.Create(Numerics.Gaussian.Peak), slope);
            }
            else
            {
                slope = Vector512.ConditionalSelect(Vector512.GreaterThan(v, Vector512<float>.Zero), Vector512<float>.One, a);
                dAlpha += d * Vector512.Min(v, Vector512<float>.Zero);
            }
            dx.Write(i, d * slope, count);
        }
        if (alpha is not null)
            Lanes.Store(dAlpha, alpha.Gradient!.Pointer + h, count);
    }
}
