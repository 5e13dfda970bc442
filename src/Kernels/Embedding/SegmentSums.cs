using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Numerics;
using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Embedding;

/// <summary>The variant of <see cref="TableGradient"/> for GPUs: long segments are summed by blocks instead of lookup by lookup.</summary>
/// <remarks>
/// The sorted lookups are cut into blocks of 16, these into blocks of 16, and so on. First, blocks that lie within one segment are
/// summed level by level, one thread per block. Then one thread per segment sums its blocks and the rest at both ends, at every level.
/// A segment of n lookups thus takes about 30 log₁₆ n sequential steps instead of n; a segment of fewer than 16 takes n.
/// Bytes moved: P·D + U·D floats and 4·(P + 2U) bytes, plus twice a fifteenth of the lookups in long segments; one addition per
/// float. With 26 fields of D = 16 and 65 % distinct rows, 2.9 kB and 0.4 kFLOP per example: 1 ns at 3 TB/s; only memory matters.
/// The blocks depend only on the sorted lookups: the same bits every run on any device.
/// </remarks>
/// <typeparam name="T">Elements that a thread handles at a time.</typeparam>
internal sealed class SegmentSums<T> : ISegmentSums where T : unmanaged, IFloats<T>
{
    // Number of blocks of the highest level that one thread sums itself, at most.
    private const int MostBlocks = 32;

    private readonly DeviceArray<float> sums;
    private readonly int capacity, width, levels;
    private readonly Kernel<SegmentSums.Args<T>> ofBlocks, ofSegments;

    /// <param name="workspace">Reserves the sums of blocks.</param>
    /// <param name="name">Whose sums.</param>
    /// <param name="lookups">Their number and the longest segment bound the levels.</param>
    /// <param name="columns">D.</param>
    public SegmentSums(Workspace workspace, string name, SortedLookups lookups, int columns)
    {
        (capacity, width) = (lookups.Capacity, columns * sizeof(float) / Interop.SizeOf<T>());
        (ofBlocks, ofSegments) = (new(workspace.Device, SegmentSums.BlocksKernel), new(workspace.Device, SegmentSums.Kernel));
        long blocks = 0;
        for (int level = capacity, longest = lookups.Longest; longest > MostBlocks; blocks += level, levels++)
            (level, longest) = (SortedLookups.Blocks(level), SortedLookups.Blocks(longest));
        sums = workspace.TrainingArray<float>($"{name}, sums of blocks", blocks * columns);
    }

    /// <inheritdoc/>
    public void Run(in TableGradient.Args args, ArrayView<int> segmentOfBlock)
    {
        SegmentSums.Args<T> a = new(
            args.Target.Cast<T>(), args.RowGradients.Cast<T>(), args.Table.Cast<T>(), sums.View.Cast<T>(), args.Rates,
            args.Order, args.SegmentStart, args.SegmentRow, segmentOfBlock, args.Segments, capacity, width, levels, 0, args.Compact, args.Adds, args.HasRates, args.L2);
        int blocks = capacity;
        for (int level = 1; level <= levels; level++)
        {
            blocks = SortedLookups.Blocks(blocks);
            ofBlocks.Run((long)blocks * width, a with { Level = level });
        }
        ofSegments.Run((long)capacity * width, a);
    }
}

/// <summary>Runs with the arguments of <see cref="TableGradient"/>.</summary>
internal interface ISegmentSums
{
    /// <summary>Writes the target.</summary>
    void Run(in TableGradient.Args args, ArrayView<int> segmentOfBlock);
}

/// <summary>The kernels of <see cref="SegmentSums{T}"/>.</summary>
public static class SegmentSums
{
    private const int Bits = SortedLookups.BlockBits, Rest = (1 << Bits) - 1;

    /// <summary>Kernel arguments: those of <see cref="TableGradient.Args"/>, with columns by T; Sums holds the blocks of level 1, then those of level 2, ….</summary>
    public readonly record struct Args<T>(
        ArrayView<T> Target, ArrayView<T> RowGradients, ArrayView<T> Table, ArrayView<T> Sums, ArrayView<float> Rates,
        ArrayView<int> Order, ArrayView<int> SegmentStart, ArrayView<int> SegmentRow, ArrayView<int> SegmentOfBlock, ArrayView<int> Segments,
        int Capacity, int Width, int Levels, int Level, int Compact, int Adds, int HasRates, float L2)
        where T : unmanaged, IFloats<T>;

    /// <summary>One item = one element of one block of a.Level; skipped if the block does not lie within one segment.</summary>
    internal static void BlocksKernel<T>(Args<T> a) where T : unmanaged, IFloats<T>
    {
        int bits = Bits * a.Level, blocks = a.SegmentStart[a.Segments[0]] >> bits, below = FirstOfLevel(a.Capacity, a.Level - 1), to = FirstOfLevel(a.Capacity, a.Level);
        for (int i = Grid.GlobalLinearIndex; i < blocks * a.Width; i += GridLoop.Stride)
        {
            int block = i / a.Width, at = i - block * a.Width, segment = a.SegmentOfBlock[block << bits >> Bits];
            if (a.SegmentStart[segment + 1] < block + 1 << bits)
                continue;
            a.Sums[(long)(to + block) * a.Width + at] = Sum(a, default, a.Level - 1, below, block << Bits, block + 1 << Bits, at);
        }
    }

    /// <summary>One item = one element of one segment.</summary>
    internal static void Kernel<T>(Args<T> a) where T : unmanaged, IFloats<T>
    {
        for (int i = Grid.GlobalLinearIndex; i < a.Segments[0] * a.Width; i += GridLoop.Stride)
        {
            int segment = i / a.Width, at = i - segment * a.Width;
            long row = a.SegmentRow[segment], w = row * a.Width + at;
            T sum = SumOfSegment(a, a.SegmentStart[segment], a.SegmentStart[segment + 1], at);
            float decay = a.L2 + (a.HasRates != 0 ? a.Rates[row] : 0);
            if (decay != 0)
                sum = sum.Add(decay, a.Table[w]);
            if (a.Adds != 0)
                sum = sum.Add(a.Target[w]);
            a.Target[a.Compact != 0 ? i : w] = sum;
        }
    }

    /// <summary>Sums at every level the blocks at the start and the end that do not fill a block of the next level, and all remaining ones at the highest level.</summary>
    private static T SumOfSegment<T>(Args<T> a, int from, int to, int at) where T : unmanaged, IFloats<T>
    {
        T sum = default;
        for (int level = 0, first = 0, blocks = a.Capacity; from < to; level++)
        {
            int head = level == a.Levels ? to : Math.Min(to, from + Rest & ~Rest), tail = Math.Max(head, to & ~Rest);
            sum = Sum(a, Sum(a, sum, level, first, from, head, at), level, first, tail, to, at);
            (from, to) = (head >> Bits, tail >> Bits);
            first += level == 0 ? 0 : blocks;
            blocks >>= Bits;
        }
        return sum;
    }

    /// <summary>sum + the values of lookups (level 0) or of blocks, whose level begins at block first. Four loads are in flight at a time.</summary>
    private static T Sum<T>(Args<T> a, T sum, int level, int first, int from, int to, int at) where T : unmanaged, IFloats<T>
    {
        int i = from;
        if (level == 0)
        {
            for (; i + 4 <= to; i += 4)
            {
                T x0 = OfLookup(a, i, at), x1 = OfLookup(a, i + 1, at), x2 = OfLookup(a, i + 2, at), x3 = OfLookup(a, i + 3, at);
                sum = sum.Add(x0).Add(x1).Add(x2).Add(x3);
            }
            for (; i < to; i++)
                sum = sum.Add(OfLookup(a, i, at));
            return sum;
        }
        for (; i + 4 <= to; i += 4)
        {
            T x0 = OfBlock(a, first + i, at), x1 = OfBlock(a, first + i + 1, at), x2 = OfBlock(a, first + i + 2, at), x3 = OfBlock(a, first + i + 3, at);
            sum = sum.Add(x0).Add(x1).Add(x2).Add(x3);
        }
        for (; i < to; i++)
            sum = sum.Add(OfBlock(a, first + i, at));
        return sum;
    }

    private static T OfLookup<T>(Args<T> a, int lookup, int at) where T : unmanaged, IFloats<T> => a.RowGradients[(long)a.Order[lookup] * a.Width + at];

    private static T OfBlock<T>(Args<T> a, int block, int at) where T : unmanaged, IFloats<T> => a.Sums[(long)block * a.Width + at];

    /// <summary>Start of the blocks of a level in Sums.</summary>
    private static int FirstOfLevel(int capacity, int level)
    {
        int first = 0;
        for (int l = 1; l < level; l++)
            first += capacity >> Bits * l;
        return first;
    }
}
