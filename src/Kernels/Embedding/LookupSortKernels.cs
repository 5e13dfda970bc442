using ILGPU;

namespace GpuCtr.Kernels.Embedding;

/// <summary>The kernels of <see cref="LookupSort"/>. A block is what a group has: 1024 keys or counts, 16 in a row for each thread.</summary>
public static class LookupSortKernels
{
    internal const int DigitBits = 4, Digits = 1 << DigitBits;

    // Those of a thread are a block of SortedLookups.
    private const int ThreadKeys = 1 << SortedLookups.BlockBits, BlockKeys = ThreadKeys * Device.GroupThreads;

    // Counters of a digit, [digit][thread]; one more, so that threads with a digit each hit different banks of shared memory.
    private const int Row = Device.GroupThreads + 1;

    /// <summary>What the sort sees; Counts are (Digits, Blocks), Sums one for each block of them.</summary>
    public readonly record struct Args(
        ArrayView<int> Keys, ArrayView<int> Values, ArrayView<int> ToKeys, ArrayView<int> ToValues, ArrayView<int> Counts, ArrayView<int> Sums,
        ArrayView<int> SegmentStart, ArrayView<int> SegmentRow, ArrayView<int> SegmentOfBlock, ArrayView<int> Segments,
        int Length, int Blocks, int Digits, int Shift, int TableRows)
    {
        internal int Entries => Digits * Blocks;

        internal int Digit(int key) => key >> Shift & LookupSortKernels.Digits - 1;

        /// <summary>Behind the last key one that is no row.</summary>
        internal int Key(int i) => i < Length ? Keys[i] : TableRows;

        internal int IsHead(int i) => i <= Length && Key(i) < TableRows && (i == 0 || Keys[i - 1] != Keys[i]) ? 1 : 0;
    }

    /// <summary>What the gathering of keys sees: of <see cref="LookupSource"/>.</summary>
    public readonly record struct KeyArgs(
        ArrayView<int> Rows, ArrayView<int> Padding, ArrayView<int> Offsets, ArrayView<int> Keys, ArrayView<int> Values,
        int FirstRow, int First, int Length, int Last, int Fields, int Columns, int FirstGradient, int TableRows);

    internal static int Blocks(int keys) => (keys + BlockKeys - 1) / BlockKeys;

    /// <summary>Passes for keys from 0 to <paramref name="largest"/>.</summary>
    internal static int Passes(int largest)
    {
        int passes = 0;
        for (; largest > 0; largest >>= DigitBits)
            passes++;
        return passes;
    }

    /// <summary>One item = one lookup.</summary>
    internal static void GatherKernel(KeyArgs a)
    {
        int used = a.Last < 0 ? a.Length : Math.Min(a.Length, a.Offsets[a.Last]);
        for (int p = Grid.GlobalLinearIndex; p < a.Length; p += GridLoop.Stride)
        {
            int b = p / a.Fields, field = p - b * a.Fields, key = a.TableRows;
            if (p < used)
            {
                int row = a.Rows[a.FirstRow + p];
                key = row == a.Padding[field] ? a.TableRows : row;
            }
            a.Keys[a.First + p] = key;
            a.Values[a.First + p] = a.FirstGradient + b * a.Columns + field;
        }
    }

    /// <summary>How often each digit occurs in each block.</summary>
    internal static void CountKernel(Args a)
    {
        ArrayView<int> counters = SharedMemory.Allocate<int>(Digits * Row);
        int thread = Group.IdxX;
        CountDigits(a, counters, thread);
        Group.Barrier();
        if (thread >= Digits)
            return;
        int sum = 0;
        for (int t = 0; t < Device.GroupThreads; t++)
            sum += counters[thread * Row + t];
        a.Counts[thread * a.Blocks + Grid.IdxX] = sum;
    }

    /// <summary>
    /// Counts of a block become the sums up to them in the block; Sums that of the block. Whatever is written depends on what was read
    /// from its place: ILGPU 1.5 may reorder a load past a later store to the same address, so the stored value depends on the load.
    /// </summary>
    internal static void ScanKernel(Args a)
    {
        ArrayView<int> parts = SharedMemory.Allocate<int>(Device.GroupThreads);
        int thread = Group.IdxX, first = Grid.IdxX * BlockKeys + thread * ThreadKeys, last = Math.Min(a.Entries, first + ThreadKeys), sum = 0;
        for (int i = first; i < last; i++)
            sum += a.Counts[i];
        parts[thread] = sum;
        Group.Barrier();
        int upTo = SumBefore(parts, thread);
        if (thread == Device.GroupThreads - 1)
            a.Sums[Grid.IdxX] = upTo + sum;
        for (int i = first; i < last; i++)
        {
            upTo += a.Counts[i];
            a.Counts[i] = upTo;
        }
    }

    /// <summary>
    /// Every key goes after all smaller digits, and after earlier keys with the same digit: counters become the end positions of their
    /// thread's keys, which the thread assigns from the last key to the first.
    /// </summary>
    internal static void ScatterKernel(Args a)
    {
        ArrayView<int> counters = SharedMemory.Allocate<int>(Digits * Row);
        int thread = Group.IdxX;
        CountDigits(a, counters, thread);
        Group.Barrier();
        if (thread < Digits)
        {
            int end = SumBefore(a, thread * a.Blocks + Grid.IdxX);
            for (int t = 0; t < Device.GroupThreads; t++)
            {
                end += counters[thread * Row + t];
                counters[thread * Row + t] = end;
            }
        }
        Group.Barrier();
        int first = Grid.IdxX * BlockKeys + thread * ThreadKeys, last = Math.Min(a.Length, first + ThreadKeys);
        for (int i = last - 1; i >= first; i--)
        {
            int key = a.Keys[i], counter = a.Digit(key) * Row + thread, to = counters[counter] - 1;
            counters[counter] = to;
            a.ToKeys[to] = key;
            a.ToValues[to] = a.Values[i];
        }
    }

    /// <summary>Number of segments that begin in each block.</summary>
    internal static void CountHeadsKernel(Args a)
    {
        ArrayView<int> parts = SharedMemory.Allocate<int>(Device.GroupThreads);
        int thread = Group.IdxX;
        parts[thread] = CountHeads(a, thread);
        Group.Barrier();
        if (thread == Device.GroupThreads - 1)
            a.Counts[Grid.IdxX] = SumBefore(parts, thread) + parts[thread];
    }

    /// <summary>Starts of segments, the segment of each block of 16 lookups, and the number of segments.</summary>
    internal static void SegmentsKernel(Args a)
    {
        ArrayView<int> parts = SharedMemory.Allocate<int>(Device.GroupThreads);
        int thread = Group.IdxX;
        parts[thread] = CountHeads(a, thread);
        Group.Barrier();
        int segments = SumBefore(a, Grid.IdxX) + SumBefore(parts, thread), first = Grid.IdxX * BlockKeys + thread * ThreadKeys;
        for (int i = first; i < first + ThreadKeys && i <= a.Length; i++)
        {
            if (a.IsHead(i) != 0)
            {
                a.SegmentStart[segments] = i;
                a.SegmentRow[segments] = a.Keys[i];
                segments++;
            }
            if (i == first && i + ThreadKeys <= a.Length)
                a.SegmentOfBlock[i / ThreadKeys] = segments - 1;
            if (a.Key(i) < a.TableRows || i > 0 && a.Keys[i - 1] >= a.TableRows)
                continue;
            a.SegmentStart[segments] = i;
            a.Segments[0] = segments;
        }
    }

    /// <summary>Counts each digit among the keys of a thread, in the thread's own counters.</summary>
    private static void CountDigits(Args a, ArrayView<int> counters, int thread)
    {
        for (int digit = 0; digit < Digits; digit++)
            counters[digit * Row + thread] = 0;
        int first = Grid.IdxX * BlockKeys + thread * ThreadKeys, last = Math.Min(a.Length, first + ThreadKeys);
        for (int i = first; i < last; i++)
            counters[a.Digit(a.Keys[i]) * Row + thread]++;
    }

    private static int CountHeads(Args a, int thread)
    {
        int heads = 0, first = Grid.IdxX * BlockKeys + thread * ThreadKeys;
        for (int i = first; i < first + ThreadKeys; i++)
            heads += a.IsHead(i);
        return heads;
    }

    private static int SumBefore(ArrayView<int> parts, int thread)
    {
        int sum = 0;
        for (int t = 0; t < thread; t++)
            sum += parts[t];
        return sum;
    }

    /// <summary>The sum of all counts before entry i.</summary>
    private static int SumBefore(Args a, int i)
    {
        int sum = i % BlockKeys == 0 ? 0 : a.Counts[i - 1];
        for (int block = 0; block < i / BlockKeys; block++)
            sum += a.Sums[block];
        return sum;
    }
}
