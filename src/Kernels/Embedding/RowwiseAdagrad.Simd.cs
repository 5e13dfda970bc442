using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Simd;

namespace GpuCtr.Kernels.Embedding;

public sealed unsafe partial class RowwiseAdagrad
{
    // Prefetch distance, in rows.
    private const int BlockRows = 256, PrefetchRows = 8;

    private Action Simd()
    {
        RowBlocks blocks = RowBlocks.OfElements(device, BlockRows, Block);
        return () => blocks.Run(RowsNow);
    }

    private long RowsNow => lookups?.Segments ?? table.Rows;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Block(long firstRow, long endRow)
    {
        // Addresses are read once: the compiler cannot know that a store does not change them.
        float* w = table.Pointer, dw = gradient.Pointer, s = State.Square.Pointer;
        int* moved = lookups is null ? null : segmentRow.Pointer;
        float scale = *stepFactor.Pointer, rate = scalars.Pointer->LearningRate, l2 = this.l2, epsilon = this.epsilon;
        int d = table.Columns;
        long count = RowsNow;
        for (long i = firstRow; i < endRow; i++)
        {
            if (moved != null && i + PrefetchRows < count)
            {
                Prefetch.Row(w + (long)moved[i + PrefetchRows] * d, d);
                Prefetch.Ahead(s + moved[i + PrefetchRows]);
            }
            long row = moved == null ? i : moved[i];
            if (scale != 0)
            {
                s[row] += MeanSquare(w + row * d, dw + i * d, d, scale, l2);
                Move(w + row * d, dw + i * d, d, scale * rate / (MathF.Sqrt(s[row]) + epsilon), l2);
            }
            if (moved == null)
                new Span<float>(dw + i * d, d).Clear();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float MeanSquare(float* w, float* dw, int d, float scale, float l2)
    {
        Vector512<float> squares = default;
        for (int j = 0; j < d; j += Lanes.Count)
        {
            Vector512<float> g = Gradient(w + j, dw + j, d - j, l2) * scale;
            squares = Vector512.FusedMultiplyAdd(g, g, squares);
        }
        return Vector512.Sum(squares) / d;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Move(float* w, float* dw, int d, float step, float l2)
    {
        for (int j = 0; j < d; j += Lanes.Count)
            Lanes.Store(Lanes.Load(w + j, d - j) - Gradient(w + j, dw + j, d - j, l2) * step, w + j, d - j);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Gradient(float* w, float* dw, int count, float l2)
    {
        Vector512<float> g = Lanes.Load(dw, count);
        return l2 == 0 ? g : Vector512.FusedMultiplyAdd(Lanes.Load(w, count), Vector512.Create(l2), g);
    }
}
