using System.Runtime.CompilerServices;
using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Attention;

/// <summary>Works on blocks of examples; each block has its own sum of dp, and the sums are combined in order.</summary>
public sealed unsafe partial class SequenceEmbedding
{
    private const int LeastBlockRows = 8;

    private PartialSums partials = null!;

    private OpVariant Simd(Workspace workspace)
    {
        int length = checked((int)positions.Length);
        partials = new(workspace, $"d {positions.Name}", length);
        RowBlocks forward = RowBlocks.WithSums(device, LeastBlockRows, ForwardRows), backward = RowBlocks.WithSums(device, LeastBlockRows, BackwardRows);
        return new(
            (in Pass pass) => forward.Run(pass.Rows),
            (in Pass pass) => new Span<float>(partials.Combine(backward.Run(pass.Rows)), length).CopyTo(positions.Gradient!.Span()));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ForwardRows(int block, int firstRow, int endRow)
    {
        int e = history.E, d = history.D;
        for (int b = firstRow; b < endRow; b++)
        {
            int first = history.Offsets.Pointer[b], n = history.Offsets.Pointer[b + 1] - first;
            float* to = x.Pointer + (long)items.Of(b).First * e;
            history.GatherRows(to, first, n);
            for (int field = 0; field < history.TargetFields.Length; field++)
                Buffer.MemoryCopy(Query(history.Vectors.Pointer, b, field), to + (long)n * e + field * d, d * sizeof(float), d * sizeof(float));
            for (int t = 0; t < Items(n); t++)
                Sums.Add(to + (long)t * e, positions.Pointer + (long)Place(t, n) * e, e);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void BackwardRows(int block, int firstRow, int endRow)
    {
        int e = history.E, d = history.D;
        float* sum = partials.Of(block);
        new Span<float>(sum, (int)positions.Length).Clear();
        for (int b = firstRow; b < endRow; b++)
        {
            int first = history.Offsets.Pointer[b], n = history.Offsets.Pointer[b + 1] - first;
            float* dx = x.Gradient!.Pointer + (long)items.Of(b).First * e;
            for (int t = 0; t < Items(n); t++)
                Sums.Add(sum + (long)Place(t, n) * e, dx + (long)t * e, e);
            for (int field = 0; field < e / d; field++, dx += d)
            {
                float* dKeys = history.KeyGradients(field, first);
                for (int t = 0; t < n; t++)
                    for (int j = 0; j < d; j += Lanes.Count)
                        Lanes.Store(Lanes.Load(dx + (long)t * e + j, d - j), dKeys + (long)t * d + j, d - j);
                if (history.HasTarget)
                    Sums.Add(Query(dVectors.Target!.Pointer, b, field), dx + (long)n * e, d);
            }
        }
    }

    /// <summary>Items of a sequence with n history positions.</summary>
    private int Items(int n) => history.HasTarget ? n + 1 : n;

    /// <summary>δ of item t of such a sequence.</summary>
    private int Place(int t, int n) => history.HasTarget ? n - t : t;

    /// <summary>Address of the target's vector of a field among the field vectors, or of its gradient among theirs.</summary>
    private float* Query(float* vectors, int b, int field) => vectors + (long)b * history.Vectors.Columns + history.TargetFields.Pointer[field] * history.D;
}
