using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Optimizers;
using GpuCtr.Kernels.Simd;

namespace GpuCtr.Kernels.Embedding;

public sealed unsafe partial class DeferredRowUpdate
{
    // Prefetch distance, in rows.
    private const int BlockRows = 256, PrefetchRows = 8;

    private Variant Simd()
    {
        RowBlocks batch = new(device, BlockRows, BatchRows), all = RowBlocks.OfElements(device, BlockRows, TableRows);
        return new(() => batch.Run(lookups.Segments), () => all.Run(table.Rows));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void BatchRows(int first, int end)
    {
        int* rows = lookups.SegmentRow.Pointer;
        for (int i = first; i < end; i++)
        {
            if (i + PrefetchRows < lookups.Segments)
                PrefetchRow(rows[i + PrefetchRows]);
            ApplyDeferred(rows[i]);
        }
    }

    private void TableRows(long first, long end)
    {
        for (long row = first; row < end; row++)
            ApplyDeferred(row);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ApplyDeferred(long row)
    {
        int seen = (int)log.Seen.Pointer[row], count = log.Rules.Count, d = table.Columns;
        if (seen == count)
            return;
        int single = log.Rules.StepsBefore(seen);
        Moments moments = state.Moments;
        for (int j = 0; j < d; j += Lanes.Count)
        {
            int lanes = Math.Min(Lanes.Count, d - j);
            float* w = table.Pointer + row * d + j, m = moments.Mean + row * d + j, v = moments.Square + row * d + j;
            Vector512<float> weight = Lanes.Load(w, lanes), mean = Lanes.Load(m, lanes), square = moments.Square != null ? Lanes.Load(v, lanes) : default;
            for (int step = seen; step < single; step++)
            {
                StepScalars s = log.Scalars(step);
                rule.Apply(ref weight, default, ref mean, ref square, s, s.TableEpsilon);
            }
            if (single < count)
                log.Rules.Apply(single, ref weight, ref mean, ref square);
            Lanes.Store(weight, w, lanes);
            Lanes.Store(mean, m, lanes);
            if (moments.Square != null)
                Lanes.Store(square, v, lanes);
        }
    }

    private void PrefetchRow(long row)
    {
        long at = row * table.Columns;
        Prefetch.Ahead(log.Seen.Pointer + row);
        Prefetch.Row(table.Pointer + at, table.Columns);
        state.Moments.Prefetch(at, table.Columns);
    }
}
