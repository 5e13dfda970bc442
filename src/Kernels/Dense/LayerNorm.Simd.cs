using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Dense;

/// <summary>Works on blocks of rows; each block has its own sums of dγ and dβ, which are combined in order.</summary>
public sealed unsafe partial class LayerNorm
{
    private const int LeastBlockRows = 16;

    private PartialSums partials = null!;

    private OpVariant Simd(Workspace workspace)
    {
        int n = x.Columns;
        partials = new(workspace, $"{y.Name} gradients", 2 * n);
        RowBlocks forward = RowBlocks.WithSums(device, LeastBlockRows, ForwardRows), backward = RowBlocks.WithSums(device, LeastBlockRows, BackwardRows);
        return new(
            (in Pass pass) => forward.Run(pass.RowsOf(x)),
            (in Pass pass) =>
            {
                float* sums = partials.Combine(backward.Run(pass.RowsOf(x)));
                new Span<float>(sums, n).CopyTo(gamma.Gradient!.Span());
                new Span<float>(sums + n, n).CopyTo(beta.Gradient!.Span());
            });
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ForwardRows(int block, int firstRow, int endRow)
    {
        int n = x.Columns;
        for (int r = firstRow; r < endRow; r++)
        {
            float* from = x.Pointer + (long)r * n, to = y.Pointer + (long)r * n;
            Vector512<float> sum = default, squares = default;
            for (int h = 0; h < n; h += Lanes.Count)
                sum += Lanes.Load(from + h, n - h);
            float mean = Vector512.Sum(sum) / n;
            for (int h = 0; h < n; h += Lanes.Count)
            {
                // Lanes after the last unit are zero, not −μ.
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
    private void BackwardRows(int block, int firstRow, int endRow)
    {
        int n = x.Columns;
        float* dGamma = partials.Of(block), dBeta = dGamma + n;
        new Span<float>(dGamma, 2 * n).Clear();
        for (int r = firstRow; r < endRow; r++)
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
