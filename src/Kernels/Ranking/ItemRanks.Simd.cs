using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Simd;

namespace GpuCtr.Kernels.Ranking;

/// <summary>The rows of a block are divided among threads; a row is processed 16 scores at a time.</summary>
public sealed unsafe partial class ItemRanks
{
    private const int RowsOfTask = 4;

    private int firstRow;

    private ItemScores.Use Simd()
    {
        RowBlocks blocks = new(device, RowsOfTask, CountRows);
        return (_, first, count) =>
        {
            firstRow = first;
            blocks.Run(count);
        };
    }

    private void CountRows(int first, int end)
    {
        int v = output.Rows.Count;
        for (int r = first; r < end; r++)
        {
            float* row = scores.Scores.Pointer + (long)r * v;
            int right = targets.Pointer[firstRow + r] - output.Rows.First;
            ranks.Pointer[firstRow + r] = (uint)right < (uint)v ? v - Lower(row, v, row[right]) : v + 1;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Lower(float* scores, int n, float right)
    {
        Vector512<float> limit = Vector512.Create(right);
        Vector512<int> counts = default;
        int v = 0;
        // A comparison that holds is −1.
        for (; v + Lanes.Count <= n; v += Lanes.Count)
            counts -= Vector512.LessThan(Vector512.Load(scores + v), limit).AsInt32();
        int lower = Vector512.Sum(counts);
        for (; v < n; v++)
            lower += scores[v] < right ? 1 : 0;
        return lower;
    }
}
