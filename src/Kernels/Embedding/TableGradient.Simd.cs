using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Simd;

namespace GpuCtr.Kernels.Embedding;

public sealed unsafe partial class TableGradient
{
    private const int BlockSegments = 256;

    private Action Simd()
    {
        RowBlocks blocks = new(device, BlockSegments, Segments);
        return () => blocks.Run(lookups.Segments);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Segments(int firstSegment, int endSegment)
    {
        int d = table.Columns;
        int* order = lookups.Order.Pointer, start = lookups.SegmentStart.Pointer;
        int end = start[lookups.Segments];
        bool adds = Adds;
        float* sum = adds ? ThreadScratch.Get((nuint)d) : null;
        for (int segment = firstSegment; segment < endSegment; segment++)
        {
            long row = lookups.SegmentRow.Pointer[segment];
            float* result = target.Pointer + (compact ? segment : row) * d, to = adds ? sum : result;
            float decay = l2 + (rates is null ? 0 : rates.Pointer[row]);
            if (d == 1)
                *to = SumOfNumbers(rowGradients.Pointer, order, start[segment], start[segment + 1]);
            else
                GatheredRows.Sum(rowGradients.Pointer, d, order, null, start[segment], start[segment + 1], end, to);
            for (int j = 0; j < d && decay != 0; j += Lanes.Count)
                Lanes.Store(Lanes.Load(to + j, d - j) + Lanes.Load(table.Pointer + row * d + j, d - j) * decay, to + j, d - j);
            if (adds)
                Sums.Add(result, sum, d);
        }
    }

    /// <summary>Rows of one number are close together: prefetching is not worthwhile.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float SumOfNumbers(float* x, int* order, int first, int end)
    {
        float sum = 0;
        for (int p = first; p < end; p++)
            sum += x[order[p]];
        return sum;
    }
}
