using System.Runtime.CompilerServices;
using GpuCtr.Kernels.Simd;

namespace GpuCtr.Kernels.Attention;

/// <summary>Blocks of rows of the batch; each has a sum of dp of its own, and they are combined in their order.</summary>
public sealed unsafe partial class SequenceEmbedding
{
    private const int LeastBlockRows = 8;

    private readonly PartialSums? partials;
    private readonly Action<int> forwardBlock, backwardBlock;
    private int rows, blockRows;

    private int Run(in Pass pass, Action<int> block)
    {
        rows = pass.Rows;
        blockRows = PartialSums.BlockSize(rows, LeastBlockRows);
        int blocks = (rows + blockRows - 1) / blockRows;
        device.Team!.Run(blocks, block);
        return blocks;
    }

    private void RunBackward(in Pass pass)
    {
        int blocks = Run(pass, backwardBlock);
        new Span<float>(partials!.Combine(blocks), (int)positions.Length).CopyTo(positions.Gradient!.Span());
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ForwardBlock(int block)
    {
        int e = history.E, d = history.D;
        for (int b = block * blockRows; b < Math.Min(rows, (block + 1) * blockRows); b++)
        {
            int first = history.Offsets.Pointer[b], n = history.Offsets.Pointer[b + 1] - first;
            float* to = x.Pointer + (long)(first + b) * e;
            history.GatherRows(to, first, n);
            for (int field = 0; field < e / d; field++)
                Buffer.MemoryCopy(Query(history.Vectors.Pointer, b, field), to + (long)n * e + field * d, d * sizeof(float), d * sizeof(float));
            for (int t = 0; t <= n; t++)
                Sums.Add(to + (long)t * e, positions.Pointer + (long)(n - t) * e, e);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void BackwardBlock(int block)
    {
        int e = history.E, d = history.D;
        float* sum = partials!.Of(block);
        new Span<float>(sum, (int)positions.Length).Clear();
        for (int b = block * blockRows; b < Math.Min(rows, (block + 1) * blockRows); b++)
        {
            int first = history.Offsets.Pointer[b], n = history.Offsets.Pointer[b + 1] - first;
            float* dx = x.Gradient!.Pointer + (long)(first + b) * e;
            for (int t = 0; t <= n; t++)
                Sums.Add(sum + (long)(n - t) * e, dx + (long)t * e, e);
            for (int field = 0; field < e / d; field++, dx += d)
            {
                float* dKeys = history.KeyGradients(field, first);
                for (int t = 0; t < n; t++)
                    for (int j = 0; j < d; j += Lanes.Count)
                        Lanes.Store(Lanes.Load(dx + (long)t * e + j, d - j), dKeys + (long)t * d + j, d - j);
                Sums.Add(Query(dVectors.Target!.Pointer, b, field), dx + (long)n * e, d);
            }
        }
    }

    /// <summary>Where the target's vector of a field lies among the field vectors, or its gradient among theirs.</summary>
    private float* Query(float* vectors, int b, int field) => vectors + (long)b * history.Vectors.Columns + history.TargetFields.Pointer[field] * history.D;
}
