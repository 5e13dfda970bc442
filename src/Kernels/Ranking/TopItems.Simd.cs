using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Simd;

namespace GpuCtr.Kernels.Ranking;

/// <summary>Threads share the rows of a block; 16 scores at a time are compared with the K-th best so far.</summary>
public sealed unsafe partial class TopItems
{
    private int firstRow;

    private ItemScores.Use Simd()
    {
        RowBlocks blocks = new(device, 1, SelectRows);
        return (_, first, count) =>
        {
            firstRow = first;
            blocks.Run(count);
        };
    }

    private void SelectRows(int first, int end)
    {
        int v = output.Rows.Count, k = values.Columns;
        for (int r = first; r < end; r++)
        {
            long at = (long)(firstRow + r) * k;
            int* named = items.Pointer + at;
            Select(scores.Scores.Pointer + (long)r * v, v, named, values.Pointer + at, k);
            for (int i = 0; i < k; i++)
                named[i] += named[i] < 0 ? 0 : output.Rows.First;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Select(float* scores, int n, int* named, float* best, int k)
    {
        new Span<int>(named, k).Fill(-1);
        new Span<float>(best, k).Fill(float.NegativeInfinity);
        int v = 0;
        for (; v + Lanes.Count <= n; v += Lanes.Count)
            if (Vector512.GreaterThanAny(Vector512.Load(scores + v), Vector512.Create(best[k - 1])))
                for (int i = v; i < v + Lanes.Count; i++)
                    Insert(scores[i], i, named, best, k);
        for (; v < n; v++)
            Insert(scores[v], v, named, best, k);
    }

    /// <summary>Items are visited in ascending order, so an item ranks after earlier ones with the same score. NaN is never greater.</summary>
    private static void Insert(float score, int item, int* named, float* best, int k)
    {
        if (!(score > best[k - 1]))
            return;
        int place = k - 1;
        for (; place > 0 && score > best[place - 1]; place--)
            (named[place], best[place]) = (named[place - 1], best[place - 1]);
        (named[place], best[place]) = (item, score);
    }
}
