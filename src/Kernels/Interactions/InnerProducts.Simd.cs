using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Simd;

namespace GpuCtr.Kernels.Interactions;

/// Each row is two small products of matrices: P = V Vᵀ forwards, dV = dP V backwards with dP mirrored and its diagonal 0.
public sealed unsafe partial class InnerProducts
{
    private const int BlockRows = 64;

    private readonly Action<int> forwardBlock, backwardBlock;

    private void Run(in Pass pass, Action<int> block)
    {
        rows = pass.Rows;
        device.Team!.Run((rows + BlockRows - 1) / BlockRows, block);
    }

    private void ForwardBlock(int block)
    {
        float* panel = ThreadScratch.Get((nuint)(d * Panel.Width + c * c)), square = panel + d * Panel.Width;
        for (int b = block * BlockRows; b < Math.Min(rows, (block + 1) * BlockRows); b++)
        {
            float* values = v.Pointer + (long)b * v.Columns;
            for (int first = 0; first < c; first += Panel.Width)
            {
                int columns = Math.Min(Panel.Width, c - first);
                Panel.Pack(panel, values + first * d, 1, d, d, columns);
                // Rows below the panel's last column have nothing above the diagonal there.
                Times(first + columns, values, d, panel, d, square + first, c, columns, add: false);
            }
            float* to = p.Pointer + (long)b * p.Columns;
            for (int i = 0; i < c - 1; to += c - 1 - i, i++)
                Buffer.MemoryCopy(square + i * c + i + 1, to, (c - 1 - i) * sizeof(float), (c - 1 - i) * sizeof(float));
        }
    }

    private void BackwardBlock(int block)
    {
        float* panel = ThreadScratch.Get((nuint)(c * Panel.Width + c * c)), square = panel + c * Panel.Width;
        for (int b = block * BlockRows; b < Math.Min(rows, (block + 1) * BlockRows); b++)
        {
            Mirror(p.Gradient!.Pointer + (long)b * p.Columns, square);
            for (int first = 0; first < d; first += Panel.Width)
            {
                int columns = Math.Min(Panel.Width, d - first);
                Panel.Pack(panel, v.Pointer + (long)b * v.Columns + first, d, 1, c, columns);
                Times(c, square, c, panel, c, dv.Target!.Pointer + (long)b * v.Columns + first, d, columns, dv.Accumulates);
            }
        }
    }

    private static void Times(int rows, float* left, int stride, float* panel, int depth, float* to, int toStride, int columns, bool add) =>
        GemmTile.Rows(rows, left, stride, 1, panel, depth, to, toStride, columns, add ? to : null, toStride, Vector512.IsHardwareAccelerated);

    private void Mirror(float* pairs, float* square)
    {
        for (int i = 0; i < c; i++)
        {
            square[i * c + i] = 0;
            for (int j = i + 1; j < c; j++, pairs++)
                square[i * c + j] = square[j * c + i] = *pairs;
        }
    }
}
