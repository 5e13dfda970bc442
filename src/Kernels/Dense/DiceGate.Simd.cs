using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Simd;

namespace GpuCtr.Kernels.Dense;

public sealed unsafe partial class DiceGate
{
    private OpVariant Simd()
    {
        ColumnBlocks forward = new(device, x.Columns, ForwardColumns), backward = new(device, x.Columns, BackwardColumns);
        return new(
            (in Pass pass) => forward.Run(pass.RowsOf(x)),
            (in Pass pass) =>
            {
                backward.Run(pass.RowsOf(x));
                int length = pass.RowsOf(x) * x.Columns;
                if (Shared)
                    *alpha.Gradient!.Pointer = SharedAlphaGradient(x.Span(0, length), z.Span(0, length), y.Gradient!.Span(0, length));
            });
    }

    private Vector512<float> AlphaAt(int h, int count) => Shared ? Vector512.Create(*alpha.Pointer) : Lanes.Load(alpha.Pointer + h, count);

    private void ForwardColumns(int rows, int h, int count)
    {
        int n = x.Columns;
        Vector512<float> a = AlphaAt(h, count), one = Vector512<float>.One;
        for (long i = h, end = (long)rows * n + h; i < end; i += n)
        {
            Vector512<float> p = Math512.Sigmoid(Lanes.Load(z.Pointer + i, count));
            Lanes.Store((p + (one - p) * a) * Lanes.Load(x.Pointer + i, count), y.Pointer + i, count);
        }
    }

    private void BackwardColumns(int rows, int h, int count)
    {
        int n = x.Columns;
        Vector512<float> a = AlphaAt(h, count), one = Vector512<float>.One, dAlpha = default;
        for (long i = h, end = (long)rows * n + h; i < end; i += n)
        {
            Vector512<float> p = Math512.Sigmoid(Lanes.Load(z.Pointer + i, count)), d = Lanes.Load(y.Gradient!.Pointer + i, count);
            Vector512<float> through = d * Lanes.Load(x.Pointer + i, count) * (one - p);
            dAlpha += through;
            dz.Write(i, through * (one - a) * p, count);
            dx.Write(i, d * (a + (one - a) * p), count);
        }
        if (!Shared)
            Lanes.Store(dAlpha, alpha.Gradient!.Pointer + h, count);
    }

    /// <summary>Sums element after element, in an order that does not depend on the threads.</summary>
    private static float SharedAlphaGradient(ReadOnlySpan<float> x, ReadOnlySpan<float> z, ReadOnlySpan<float> dy)
    {
        float sum = 0;
        for (int i = 0; i < x.Length; i++)
            sum += dy[i] * x[i] * (1 - 1 / (1 + MathF.Exp(-z[i])));
        return sum;
    }
}
