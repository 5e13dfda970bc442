using GpuCtr.Kernels.Reductions;
using ILGPU;

namespace GpuCtr.Kernels.Embedding;

/// <summary>Segments of sorted keys, by blocks of 512 keys, of which there is one more than lookups: it ends the last segment.</summary>
public static partial class LookupSortKernels
{
    private const int SegmentBlock = 1 << SortedLookups.BlockBits, StagedKeys = BlockKeys + BlockKeys / 32 + 2;

    /// <summary>Number of segments that begin in each block.</summary>
    internal static void CountHeadsKernel(Args a)
    {
        ArrayView<int> keys = SharedMemory.Allocate<int>(StagedKeys), parts = SharedMemory.Allocate<int>(Device.GroupThreads);
        Stage(a, keys);
        int heads = CountHeads(a, keys), before = GroupSum.Before(parts, heads);
        if (Group.IdxX == Group.DimX - 1)
            a.Counts[Grid.IdxX] = before + heads;
    }

    /// <summary>Starts of segments, the segment of each block of 16 lookups, and the number of segments.</summary>
    internal static void SegmentsKernel(Args a)
    {
        ArrayView<int> keys = SharedMemory.Allocate<int>(StagedKeys), parts = SharedMemory.Allocate<int>(Device.GroupThreads);
        int sum = 0;
        for (int block = Group.IdxX; block < Grid.IdxX; block += Group.DimX)
            sum += a.Counts[block];
        GroupSum.Before(parts, sum);
        int segments = parts[Group.DimX - 1];
        Stage(a, keys);
        segments += GroupSum.Before(parts, CountHeads(a, keys));
        int first = Grid.IdxX * BlockKeys + Group.IdxX * ThreadKeys;
        for (int j = 0; j < ThreadKeys; j++)
        {
            int i = first + j, at = Group.IdxX * ThreadKeys + j + 1, key = keys[Padded(at)], previous = keys[Padded(at - 1)];
            bool starts = key != previous && previous < a.TableRows;
            // One more start follows the last row: the end of the last segment.
            if (starts)
                a.SegmentStart[segments] = i;
            if (starts && key >= a.TableRows)
                a.Segments[0] = segments;
            if (starts && key < a.TableRows)
            {
                a.SegmentRow[segments] = key;
                segments++;
            }
            if (i % SegmentBlock == 0 && i + SegmentBlock <= a.Length)
                a.SegmentOfBlock[i / SegmentBlock] = segments - 1;
        }
    }

    /// <summary>Loads the keys of a block into shared memory, after the previous key.</summary>
    private static void Stage(Args a, ArrayView<int> keys)
    {
        for (int i = Group.IdxX; i <= BlockKeys; i += Group.DimX)
            keys[Padded(i)] = a.Key(Grid.IdxX * BlockKeys + i - 1);
        Group.Barrier();
    }

    private static int CountHeads(Args a, ArrayView<int> keys)
    {
        int heads = 0, first = Group.IdxX * ThreadKeys;
        for (int i = first + 1; i <= first + ThreadKeys; i++)
        {
            int key = keys[Padded(i)];
            heads += key < a.TableRows && key != keys[Padded(i - 1)] ? 1 : 0;
        }
        return heads;
    }
}
