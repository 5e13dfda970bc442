using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Simd;

namespace GpuCtr.Kernels.Dense;

/// <summary>Blocks of rows; each has sums of dγ and dβ of its own, and they are combined in their order.</summary>
public sealed unsafe partial class LayerNorm
{
    private const int LeastBlockRows = 16;

    private readonly PartialSums? partials;
    private readonly Action<int> forwardBlock, backwardBlock;
    private int rows, blockRows;

    private int Run(in Pass pass, Action<int> block)
    {
        rows = pass.RowsOf(x);
        blockRows = PartialSums.BlockSize(rows, LeastBlockRows);
        int blocks = (rows + blockRows - 1) / blockRows;
        device.Team!.Run(blocks, block);
        return blocks;
    }

    private void RunBackward(in Pass pass)
    {
        int n = x.Columns, blocks = Run(pass, backwardBlock);
        float* sums = partials!.Combine(blocks);
        new Span<float>(sums, n).CopyTo(gamma.Gradient!.Span());
        new Span<float>(sums + n, n).CopyTo(beta.Gradient!.Span());
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ForwardBlock(int block)
    {
        int n = x.Columns;
        for (int r = block * blockRows; r < Math.Min(rows, (block + 1) * blockRows); r++)
        {
            float* from = x.Pointer + (long)r * n, to = y.Pointer + (long)r * n;
            Vector512<float> sum = default, squares = default;
            for (int h = 0; h < n; h += Lanes.Count)
                sum += Lanes.Load(from + h, n - h);
            float mean = Vector512.Sum(sum) / n;
            for (int h = 0; h < n; h += Lanes.Count)
            {
                // Behind the last unit there is nothing, not −μ.
                Vector512<float> c = Lanes.Load(from + h, n - h) - Lanes.First(Vector512.Create(mean), n - h);
                squares = Vector512.FusedMultiplyAdd(c, c, squares);
            }
            float inverse = 1 / MathF.Sqrt(Vector512.Sum(squares) / n + Epsilon);
            (moments.Pointer[2L * r], moments.Pointer[2L * r + 1]) = (mean, inverse);
            for (int h = 0; h < n; h += Lanes.Count)
            {
                Vector512<float> normal = (Lanes.Load(from + h, n - h) - Vector512.Create(mean)) * inverse;
                Lanes.Store(Vector512.FusedMultiplyAdd(normal, Lanes.Load(gamma.Pointer + h, n - h), Lanes.Load(beta.Pointer + h, n - h)), to + h, n - h);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void BackwardBlock(int block)
    {
        int n = x.Columns;
        float* dGamma = partials!.Of(block), dBeta = dGamma + n;
        new Span<float>(dGamma, 2 * n).Clear();
        for (int r = block * blockRows; r < Math.Min(rows, (block + 1) * blockRows); r++)
        {
            long first = (long)r * n;
            Vector512<float> mean = Vector512.Create(moments.Pointer[2L * r]), inverse = Vector512.Create(moments.Pointer[2L * r + 1]), sum = default, along = default;
            for (int h = 0; h < n; h += Lanes.Count)
            {
                Vector512<float> dy = Lanes.Load(y.Gradient!.Pointer + first + h, n - h), g = dy * Lanes.Load(gamma.Pointer + h, n - h);
                Vector512<float> normal = (Lanes.Load(x.Pointer + first + h, n - h) - mean) * inverse;
                sum += g;
                along = Vector512.FusedMultiplyAdd(g, normal, along);
                Lanes.Store(Vector512.FusedMultiplyAdd(dy, normal, Lanes.Load(dGamma + h, n - h)), dGamma + h, n - h);
                Lanes.Store(dy + Lanes.Load(dBeta + h, n - h), dBeta + h, n - h);
            }
            Propagate(first, mean, inverse, Vector512.Create(Vector512.Sum(sum) / n), Vector512.Create(Vector512.Sum(along) / n));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Propagate(long first, Vector512<float> mean, Vector512<float> inverse, Vector512<float> sum, Vector512<float> along)
    {
        int n = x.Columns;
        for (int h = 0; h < n && dx.Target is not null; h += Lanes.Count)
        {
            Vector512<float> g = Lanes.Load(y.Gradient!.Pointer + first + h, n - h) * Lanes.Load(gamma.Pointer + h, n - h);
            Vector512<float> normal = (Lanes.Load(x.Pointer + first + h, n - h) - mean) * inverse;
            dx.Write(first + h, (g - sum - normal * along) * inverse, n - h);
        }
    }
}
