using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;
using ILGPU;

namespace GpuCtr.Kernels.Embedding;

/// <summary>A source of lookups: an array of table rows, and the row gradient that belongs to each.</summary>
/// <param name="Rows">Table rows; those of this source start at <paramref name="FirstRow"/>.</param>
/// <param name="FirstRow">Index of the first.</param>
/// <param name="Count">Largest number in a pass.</param>
/// <param name="Padding">(F) the padding row of each field, which is never trained; −1 = none.</param>
/// <param name="Columns">The gradient of lookup p is FirstGradient + p / F · Columns + p mod F.</param>
/// <param name="FirstGradient">See there.</param>
/// <param name="Offsets">(B + 1) offsets of lists; the last one in use is the actual number of lookups. Null if all are used.</param>
public sealed record LookupSource(DeviceArray<int> Rows, int FirstRow, Func<Pass, int> Count, DeviceArray<int> Padding, int Columns, int FirstGradient, DeviceArray<int>? Offsets = null);

/// <summary>The sort of <see cref="LookupSorter"/> on the device: a stable radix sort without atomics and without warp operations.</summary>
/// <remarks>
/// Least significant digit first, eight bits a pass (Satish et al., IPDPS 2009): a group sorts a block of 512 keys by their digit in shared memory, four
/// bits at a time, with a counter for each thread and value; the counts of each digit are scanned over all blocks; which gives every key its destination.
/// Lookups that are not trained get the key ΣV, and so come last. The order is that of the host's sort.
/// 28 bytes a lookup and pass and 8 for each digit of a block, ⌈bits of ΣV / 8⌉ passes of three launches; nothing that differs between batches of a shape is an argument.
/// </remarks>
public sealed class LookupSort
{
    private readonly SortedLookups lookups;
    private readonly IReadOnlyList<LookupSource> sources;
    private readonly int tableRows, passes;
    private readonly DeviceArray<int> keys, otherKeys, otherValues, moves, counts, sums;
    private readonly Kernel<LookupSortKernels.KeyArgs> gather;
    private readonly Kernel<LookupSortKernels.Args> sortBlocks, scan, scatter, countHeads, segments;

    /// <param name="workspace">Reserves keys.</param>
    /// <param name="sources">All lookups; the order of lookups of one row is kept.</param>
    /// <param name="tableRows">ΣV: every row is below this.</param>
    /// <param name="lookups">Where the result goes.</param>
    public LookupSort(Workspace workspace, IReadOnlyList<LookupSource> sources, int tableRows, SortedLookups lookups)
    {
        (this.sources, this.tableRows, this.lookups) = (sources, tableRows, lookups);
        Device device = workspace.Device;
        gather = new(device, LookupSortKernels.GatherKernel);
        (sortBlocks, scan, scatter) = (new(device, LookupSortKernels.SortBlockKernel), new(device, LookupSortKernels.ScanKernel), new(device, LookupSortKernels.ScatterKernel));
        (countHeads, segments) = (new(device, LookupSortKernels.CountHeadsKernel), new(device, LookupSortKernels.SegmentsKernel));
        // Keys and values alternate between two buffers from pass to pass; values must end in Order, so an odd number of passes starts with the other buffer.
        passes = LookupSortKernels.Passes(tableRows);
        int capacity = lookups.Capacity, blocks = LookupSortKernels.Blocks(capacity + 1);
        keys = workspace.TrainingArray<int>("lookup keys", capacity);
        otherKeys = workspace.TrainingArray<int>("lookup keys, sorted", capacity);
        otherValues = workspace.TrainingArray<int>("lookups, sorted", capacity);
        moves = workspace.TrainingArray<int>("moves of lookup keys", capacity);
        counts = workspace.TrainingArray<int>("digits of lookup keys", LookupSortKernels.Digits * (long)blocks);
        sums = workspace.TrainingArray<int>("digits of lookup keys, sums", LookupSortKernels.Digits);
    }

    /// <summary>Sorts the lookups of a batch that is on the device.</summary>
    public void Run(in Pass pass)
    {
        (DeviceArray<int> Keys, DeviceArray<int> Values) from = (keys, lookups.Order), to = (otherKeys, otherValues);
        if (passes % 2 != 0)
            (from, to) = (to, from);
        int length = 0;
        foreach (LookupSource s in sources)
            length += Gather(s, pass, from.Keys.View, from.Values.View, length);
        for (int p = 0; p < passes; p++)
        {
            LookupSortKernels.Args a = Bind(from.Keys, from.Values, to.Keys, to.Values, length, LookupSortKernels.Blocks(length), p);
            Launch(sortBlocks, a.Blocks, a);
            Launch(scan, LookupSortKernels.Digits, a);
            Launch(scatter, a.Blocks, a);
            (from, to) = (to, from);
        }
        // One key more, which ends the last segment.
        LookupSortKernels.Args heads = Bind(from.Keys, from.Values, to.Keys, to.Values, length, LookupSortKernels.Blocks(length + 1), 0);
        Launch(countHeads, heads.Blocks, heads);
        Launch(segments, heads.Blocks, heads);
    }

    private int Gather(LookupSource s, in Pass pass, ArrayView<int> keys, ArrayView<int> values, int first)
    {
        int length = s.Count(pass);
        if (length > 0)
            gather.Run(length, new(
                s.Rows.View, s.Padding.View, (s.Offsets ?? s.Padding).View, keys, values, s.FirstRow, first, length, s.Offsets is null ? -1 : pass.Rows,
                (int)s.Padding.Length, s.Columns, s.FirstGradient, tableRows));
        return length;
    }

    private LookupSortKernels.Args Bind(DeviceArray<int> keys, DeviceArray<int> values, DeviceArray<int> toKeys, DeviceArray<int> toValues, int length, int blocks, int pass) => new(
        keys.View, values.View, toKeys.View, toValues.View, moves.View, counts.View, sums.View,
        lookups.SegmentStart.View, lookups.SegmentRow.View, lookups.SegmentOfBlock.View, lookups.Count.View,
        length, blocks, pass * LookupSortKernels.DigitBits, tableRows);

    private static void Launch(Kernel<LookupSortKernels.Args> kernel, int groups, in LookupSortKernels.Args args)
    {
        if (groups > 0)
            kernel.Run(new KernelConfig(groups, Device.GroupThreads), args);
    }
}
