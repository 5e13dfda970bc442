using GpuCtr.Kernels.Reductions;
using ILGPU;

namespace GpuCtr.Kernels.Embedding;

/// <summary>The kernels of <see cref="LookupSort"/>. A block is processed by a group: 512 keys, eight consecutive ones for each thread.</summary>
public static partial class LookupSortKernels
{
    internal const int DigitBits = 8, Digits = 1 << DigitBits;

    // A group sorts its block by half a digit at a time: every thread has a counter for each of 16 values.
    private const int HalfBits = DigitBits / 2, Halves = 1 << HalfBits, Counters = Halves * Device.GroupThreads, ThreadCounters = Counters / Device.GroupThreads;

    private const int ThreadKeys = 8, BlockKeys = ThreadKeys * Device.GroupThreads;

    // An item is the digit of a key and its place in the block.
    private const int PlaceBits = 16, PlaceMask = (1 << PlaceBits) - 1;

    /// <summary>Arguments of the sort; Counts are (Digits, Blocks), Sums one for each digit, Moves one for each key.</summary>
    public readonly record struct Args(
        ArrayView<int> Keys, ArrayView<int> Values, ArrayView<int> ToKeys, ArrayView<int> ToValues, ArrayView<int> Moves, ArrayView<int> Counts, ArrayView<int> Sums,
        ArrayView<int> SegmentStart, ArrayView<int> SegmentRow, ArrayView<int> SegmentOfBlock, ArrayView<int> Segments,
        int Length, int Blocks, int Shift, int TableRows)
    {
        internal int Digit(int key) => key >> Shift & Digits - 1;

        /// <summary>An invalid row after the last key, and one before the first.</summary>
        internal int Key(int i) => i < 0 ? -1 : i < Length ? Keys[i] : TableRows;
    }

    /// <summary>Arguments of gathering keys from a <see cref="LookupSource"/>.</summary>
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

    /// <summary>
    /// Sorts the keys of each block by their digit. Counts become how often each digit occurs in the block; Moves, in the order of the digits,
    /// how many keys of the block with the same digit come before a key, and its place in the block.
    /// </summary>
    internal static void SortBlockKernel(Args a)
    {
        ArrayView<int> items = SharedMemory.Allocate<int>(2 * (BlockKeys + BlockKeys / 32)), counters = SharedMemory.Allocate<int>(Counters + Counters / 32);
        ArrayView<int> parts = SharedMemory.Allocate<int>(Device.GroupThreads), first = SharedMemory.Allocate<int>(Digits), last = SharedMemory.Allocate<int>(Digits);
        int thread = Group.IdxX, start = Grid.IdxX * BlockKeys, length = Math.Min(BlockKeys, a.Length - start), other = Padded(BlockKeys);
        // After the last key, the largest digit, so that padding stays last.
        for (int i = thread; i < BlockKeys; i += Group.DimX)
            items[Padded(i)] = (i < length ? a.Digit(a.Keys[start + i]) : Digits - 1) << PlaceBits | i;
        for (int digit = thread; digit < Digits; digit += Group.DimX)
        {
            first[digit] = 0;
            last[digit] = -1;
        }
        Group.Barrier();
        SortByHalf(items, 0, other, PlaceBits, counters, parts);
        SortByHalf(items, other, 0, PlaceBits + HalfBits, counters, parts);
        for (int i = thread; i < length; i += Group.DimX)
        {
            int digit = items[Padded(i)] >> PlaceBits;
            if (i == 0 || items[Padded(i - 1)] >> PlaceBits != digit)
                first[digit] = i;
            if (i == length - 1 || items[Padded(i + 1)] >> PlaceBits != digit)
                last[digit] = i;
        }
        Group.Barrier();
        for (int digit = thread; digit < Digits; digit += Group.DimX)
            a.Counts[digit * a.Blocks + Grid.IdxX] = last[digit] + 1 - first[digit];
        for (int i = thread; i < length; i += Group.DimX)
        {
            int item = items[Padded(i)];
            a.Moves[start + i] = i - first[item >> PlaceBits] << PlaceBits | item & PlaceMask;
        }
    }

    /// <summary>One group = one digit: its counts become the sums up to and with each block; Sums that over all blocks.</summary>
    internal static void ScanKernel(Args a)
    {
        ArrayView<int> parts = SharedMemory.Allocate<int>(Device.GroupThreads);
        int share = (a.Blocks + Group.DimX - 1) / Group.DimX, from = Math.Min(a.Blocks, Group.IdxX * share), to = Math.Min(a.Blocks, from + share), row = Grid.IdxX * a.Blocks, sum = 0;
        for (int i = from; i < to; i++)
            sum += a.Counts[row + i];
        int upTo = GroupSum.Before(parts, sum);
        if (Group.IdxX == Group.DimX - 1)
            a.Sums[Grid.IdxX] = upTo + sum;
        // What is written depends on what was read from its place: ILGPU 1.5 may reorder a load past a later store to the same address.
        for (int i = from; i < to; i++)
        {
            upTo += a.Counts[row + i];
            a.Counts[row + i] = upTo;
        }
    }

    /// <summary>Every key goes after all smaller digits, and after earlier keys with the same digit.</summary>
    internal static void ScatterKernel(Args a)
    {
        const int threadDigits = Digits / Device.GroupThreads;
        ArrayView<int> parts = SharedMemory.Allocate<int>(Device.GroupThreads), firsts = SharedMemory.Allocate<int>(Digits + Digits / 32);
        int start = Grid.IdxX * BlockKeys, digits = Group.IdxX * threadDigits, sum = 0;
        for (int digit = digits; digit < digits + threadDigits; digit++)
            sum += a.Sums[digit];
        int before = GroupSum.Before(parts, sum);
        for (int digit = digits; digit < digits + threadDigits; digit++)
        {
            firsts[Padded(digit)] = before + (Grid.IdxX == 0 ? 0 : a.Counts[digit * a.Blocks + Grid.IdxX - 1]);
            before += a.Sums[digit];
        }
        Group.Barrier();
        for (int i = start + Group.IdxX; i < Math.Min(a.Length, start + BlockKeys); i += Group.DimX)
        {
            int move = a.Moves[i], from = start + (move & PlaceMask), key = a.Keys[from], to = firsts[Padded(a.Digit(key))] + (move >> PlaceBits);
            a.ToKeys[to] = key;
            a.ToValues[to] = a.Values[from];
        }
    }

    /// <summary>Sorts a block by four bits of its items, stably: each thread counts its eight items in its own counters, whose prefix sums give the destinations.</summary>
    private static void SortByHalf(ArrayView<int> items, int from, int to, int shift, ArrayView<int> counters, ArrayView<int> parts)
    {
        int thread = Group.IdxX, mine = thread * ThreadCounters;
        for (int half = 0; half < Halves; half++)
            counters[Counter(half)] = 0;
        for (int k = 0; k < ThreadKeys; k++)
            counters[Counter(items[from + Padded(thread * ThreadKeys + k)] >> shift & Halves - 1)]++;
        Group.Barrier();
        int sum = 0;
        for (int i = mine; i < mine + ThreadCounters; i++)
            sum += counters[Padded(i)];
        int upTo = GroupSum.Before(parts, sum);
        for (int i = mine; i < mine + ThreadCounters; i++)
        {
            upTo += counters[Padded(i)];
            counters[Padded(i)] = upTo;
        }
        Group.Barrier();
        // A counter is the end of a thread's items: positions are assigned from its last item to its first.
        for (int k = ThreadKeys - 1; k >= 0; k--)
        {
            int item = items[from + Padded(thread * ThreadKeys + k)], counter = Counter(item >> shift & Halves - 1), place = counters[counter] - 1;
            counters[counter] = place;
            items[to + Padded(place)] = item;
        }
        Group.Barrier();
    }

    /// <summary>Index of a thread's counter of a value: the counters of a value are contiguous, in the order of threads.</summary>
    private static int Counter(int half) => Padded(half * Device.GroupThreads + Group.IdxX);

    /// <summary>Every 33rd word of shared memory is padding, so that threads with eight or sixteen consecutive words each use different banks.</summary>
    private static int Padded(int i) => i + (i >> 5);
}
