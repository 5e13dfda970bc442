using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Embedding;

/// <summary>On the device: the lookups of the batch grouped by table row, by <see cref="LookupSorter"/> on the CPU or <see cref="LookupSort"/> on GPUs.</summary>
/// <param name="workspace">Reserves the arrays.</param>
/// <param name="capacity">P: largest number of lookups in a batch.</param>
/// <param name="longest">Largest number of lookups of one row; 0 = P.</param>
public sealed class SortedLookups(Workspace workspace, int capacity, int longest = 0)
{
    /// <summary>Lookups per block: <see cref="SegmentSums{T}"/> sums long segments by whole blocks.</summary>
    internal const int BlockBits = 4;

    /// <summary>(P) indices into the row gradients.</summary>
    public DeviceArray<int> Order { get; } = workspace.Array<int>("sorted lookups", capacity);

    /// <summary>(U + 1) first lookup of each row.</summary>
    public DeviceArray<int> SegmentStart { get; } = workspace.Array<int>("segment starts", capacity + 1L);

    /// <summary>(U) rows of the table.</summary>
    public DeviceArray<int> SegmentRow { get; } = workspace.Array<int>("segment rows", capacity);

    /// <summary>(⌊P / 16⌋) the segment in which each block of 16 lookups begins.</summary>
    public DeviceArray<int> SegmentOfBlock { get; } = workspace.Array<int>("segments of blocks", Blocks(capacity));

    /// <summary>(1) U in device memory, because launch arguments must be the same for every batch.</summary>
    public DeviceArray<int> Count { get; } = workspace.Array<int>("segments", 1);

    /// <summary>All arrays.</summary>
    public IEnumerable<DeviceArray<int>> Arrays => [Order, SegmentStart, SegmentRow, SegmentOfBlock, Count];

    /// <summary>P: largest number of lookups in a batch, and thus of distinct rows.</summary>
    public int Capacity { get; } = capacity;

    /// <summary>Largest number of lookups of one row in a batch.</summary>
    public int Longest { get; } = longest > 0 ? longest : capacity;

    /// <summary>U: distinct rows in the current batch.</summary>
    public int Segments { get; set; }

    /// <summary>Number of whole blocks in a number of lookups.</summary>
    public static int Blocks(int lookups) => lookups >> BlockBits;

    /// <summary>Writes <see cref="SegmentOfBlock"/> of (U + 1) segment starts.</summary>
    public static void FindBlocks(ReadOnlySpan<int> segmentStart, Span<int> segmentOfBlock)
    {
        int segment = 0, blocks = Blocks(segmentStart[^1]);
        for (int block = 0; block < blocks; block++)
        {
            while (segmentStart[segment + 1] <= block << BlockBits)
                segment++;
            segmentOfBlock[block] = segment;
        }
    }

    /// <summary>Sorts the lookups of <paramref name="sorter"/> by way of arrays of the host as large as those on the device, and writes them.</summary>
    internal void Write(Device device, LookupSorter sorter, int tableRows, int[] order, int[] start, int[] rows, int[] blocks)
    {
        Segments = sorter.Sort(tableRows, order, start, rows);
        FindBlocks(start.AsSpan(..(Segments + 1)), blocks);
        Order.Write(device, order.AsSpan(..start[Segments]));
        SegmentStart.Write(device, start.AsSpan(..(Segments + 1)));
        SegmentRow.Write(device, rows.AsSpan(..Segments));
        SegmentOfBlock.Write(device, blocks.AsSpan(..Blocks(start[Segments])));
        Count.Write(device, [Segments]);
    }

    /// <summary>Sorts the lookups of <paramref name="sorter"/> and writes them synchronously, for tests and op cases; returns the rows.</summary>
    internal int[] Write(Device device, LookupSorter sorter, int tableRows)
    {
        int[][] contents = Sort(sorter, tableRows);
        foreach ((DeviceArray<int> array, int[] content) in Arrays.Zip(contents))
            array.Write(device, content);
        return contents[2];
    }

    /// <summary>Content of each of <see cref="Arrays"/>.</summary>
    internal int[][] Sort(LookupSorter sorter, int tableRows)
    {
        int[] order = new int[Capacity], start = new int[Capacity + 1], rows = new int[Capacity], blocks = new int[Blocks(Capacity)];
        Segments = sorter.Sort(tableRows, order, start, rows);
        FindBlocks(start.AsSpan(..(Segments + 1)), blocks);
        return [order[..start[Segments]], start[..(Segments + 1)], rows[..Segments], blocks[..Blocks(start[Segments])], [Segments]];
    }
}
