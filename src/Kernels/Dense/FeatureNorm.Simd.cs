using GpuCtr.Kernels.Simd;

namespace GpuCtr.Kernels.Dense;

public sealed unsafe partial class FeatureNorm
{
    private const int BlockRows = 64;

    private OpVariant Simd() => RowBlocks.Variant(device, x, BlockRows, ForwardRows, BackwardRows);

    private void ForwardRows(int firstRow, int endRow)
    {
        int n = x.Columns;
        for (int r = firstRow; r < endRow; r++)
        {
            float* from = x.Pointer + (long)r * n, to = z.Pointer + (long)r * n;
            float sum = 0, squares = n * epsilon;
            for (int h = 0; h < n; h++)
                sum += from[h];
            float mean = sum / n;
            for (int h = 0; h < n; h++)
                squares += (from[h] - mean) * (from[h] - mean);
            float s = length.Pointer[r] = MathF.Sqrt(squares);
            for (int h = 0; h < n; h++)
                to[h] = (from[h] - mean) / s;
        }
    }

    private void BackwardRows(int firstRow, int endRow)
    {
        int n = x.Columns;
        for (int r = firstRow; r < endRow; r++)
        {
            float* g = z.Gradient!.Pointer + (long)r * n, value = z.Pointer + (long)r * n, to = dx.Target!.Pointer + (long)r * n;
            float sum = 0, along = 0, s = length.Pointer[r];
            for (int h = 0; h < n; h++)
            {
                sum += g[h];
                along += g[h] * value[h];
            }
            for (int h = 0; h < n; h++)
                to[h] = (g[h] - sum / n - value[h] * along) / s + (dx.Accumulates ? to[h] : 0);
        }
    }
}
