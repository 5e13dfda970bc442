using System.Runtime.CompilerServices;
using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Attention;

/// <summary>Works on blocks of sequences; each block has its own sum of dp, and the sums are combined in order.</summary>
public sealed unsafe partial class PositionEmbedding
{
    private const int LeastBlockRows = 8;

    private PartialSums partials = null!;

    private OpVariant Simd(Workspace workspace)
    {
        int length = checked((int)positions.Length);
        partials = new(workspace, $"d {positions.Name}", length);
        RowBlocks forward = new(device, LeastBlockRows, ForwardRows), backward = RowBlocks.WithSums(device, LeastBlockRows, BackwardRows);
        return new(
            (in Pass pass) => forward.Run(items.Count(pass)),
            (in Pass pass) => new Span<float>(partials.Combine(backward.Run(items.Count(pass))), length).CopyTo(positions.Gradient!.Span()));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ForwardRows(int firstRow, int endRow)
    {
        int e = y.Columns;
        for (int b = firstRow; b < endRow; b++)
        {
            (int first, int n) = items.Of(b);
            new Span<float>(x.Pointer + (long)first * e, n * e).CopyTo(new(y.Pointer + (long)first * e, n * e));
            for (int t = 0; t < n; t++)
                Sums.Add(y.Pointer + (long)(first + t) * e, positions.Pointer + (long)Place(t) * e, e);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void BackwardRows(int block, int firstRow, int endRow)
    {
        int e = y.Columns;
        float* sum = partials.Of(block);
        new Span<float>(sum, (int)positions.Length).Clear();
        for (int b = firstRow; b < endRow; b++)
        {
            (int first, int n) = items.Of(b);
            for (int t = 0; t < n; t++)
            {
                float* dy = y.Gradient!.Pointer + (long)(first + t) * e;
                Sums.Add(sum + (long)Place(t) * e, dy, e);
                if (dx.Target is not null)
                    for (int j = 0; j < e; j += Lanes.Count)
                        dx.Write((long)(first + t) * e + j, Lanes.Load(dy + j, e - j), Math.Min(Lanes.Count, e - j));
            }
        }
    }

    private int Place(int t) => Math.Min(t, (int)positions.Rows - 1);
}
