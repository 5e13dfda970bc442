using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Optimizers;
using GpuCtr.Kernels.Simd;

namespace GpuCtr.Kernels.Embedding;

public sealed unsafe partial class RowUpdate
{
    // Prefetch distance in rows: enough to hide the latency of memory.
    private const int BlockSegments = 256, PrefetchSegments = 8;

    private Action Simd()
    {
        RowBlocks blocks = new(device, BlockSegments, table.Columns == 1 ? NumbersBlock : RowsBlock);
        return () => blocks.Run(lookups.Segments);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void RowsBlock(int firstSegment, int endSegment)
    {
        StepScalars s = *scalars.Pointer;
        float scale = *stepFactor.Pointer;
        if (scale == 0)
            return;
        UpdateRule rule = this.rule;
        Moments moments = State.Moments;
        float* weights = table.Pointer, gradients = gradient.Pointer;
        int* rows = lookups.SegmentRow.Pointer;
        int d = table.Columns, segments = lookups.Segments;
        for (int segment = firstSegment; segment < endSegment; segment++)
        {
            if (segment + PrefetchSegments < segments)
            {
                long ahead = (long)rows[segment + PrefetchSegments] * d;
                Prefetch.Row(weights + ahead, d);
                moments.Prefetch(ahead, d);
            }
            long row = (long)rows[segment] * d;
            for (int j = 0; j < d; j += Lanes.Count)
            {
                int count = Math.Min(Lanes.Count, d - j);
                Vector512<float> w = Lanes.Load(weights + row + j, count), g = Lanes.Load(gradients + (long)segment * d + j, count) * scale;
                moments.Update(rule, row + j, count, ref w, g, s, s.TableEpsilon);
                Lanes.Store(w, weights + row + j, count);
            }
        }
    }

    /// <summary>Rows of one number, sixteen per register: roots and divisions of sixteen take as long as those of one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void NumbersBlock(int firstSegment, int endSegment)
    {
        StepScalars s = *scalars.Pointer;
        float scale = *stepFactor.Pointer;
        if (scale == 0)
            return;
        UpdateRule rule = this.rule;
        Moments moments = State.Moments;
        float* weights = table.Pointer, lanes = stackalloc float[3 * Lanes.Count];
        Moments laneMoments = new(moments.Mean != null ? lanes + Lanes.Count : null, moments.Square != null ? lanes + 2 * Lanes.Count : null);
        int segments = lookups.Segments;
        for (int segment = firstSegment; segment < endSegment; segment += Lanes.Count)
        {
            int count = Math.Min(Lanes.Count, endSegment - segment);
            int* rows = lookups.SegmentRow.Pointer + segment;
            for (int i = Lanes.Count; i < Math.Min(2 * Lanes.Count, segments - segment); i++)
            {
                Prefetch.Ahead(weights + rows[i]);
                moments.Prefetch(rows[i], 1);
            }
            Collect(weights, rows, count, lanes);
            Collect(moments.Mean, rows, count, laneMoments.Mean);
            Collect(moments.Square, rows, count, laneMoments.Square);
            Vector512<float> w = Vector512.Load(lanes);
            laneMoments.Update(rule, 0, Lanes.Count, ref w, Lanes.Load(gradient.Pointer + segment, count) * scale, s, s.TableEpsilon);
            w.Store(lanes);
            Spread(lanes, rows, count, weights);
            Spread(laneMoments.Mean, rows, count, moments.Mean);
            Spread(laneMoments.Square, rows, count, moments.Square);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Collect(float* from, int* rows, int count, float* lanes)
    {
        for (int i = 0; i < count && from != null; i++)
            lanes[i] = from[rows[i]];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Spread(float* lanes, int* rows, int count, float* to)
    {
        for (int i = 0; i < count && to != null; i++)
            to[rows[i]] = lanes[i];
    }
}
