namespace GpuCtr.Kernels.Simd;

/// <summary>Rows of a pass in blocks, which the threads of the CPU device take in any order: the loop around most SIMD variants.</summary>
/// <remarks>Where the cuts are depends on the rows alone, and so does whatever a block sums up: the same bits whatever the number of threads.</remarks>
internal sealed class RowBlocks
{
    private readonly WorkerTeam team;
    private readonly Action<int> block;
    private readonly int leastSize;
    private readonly bool keepsSums;
    private long rows;
    private int size;

    private RowBlocks(Device device, int size, bool keepsSums, Action<int, long, long> body)
    {
        (team, leastSize, this.keepsSums) = (device.Team!, size, keepsSums);
        block = index => body(index, (long)index * this.size, Math.Min(rows, (index + 1L) * this.size));
    }

    /// <summary>Blocks of <paramref name="size"/> rows; <paramref name="body"/> takes the first row and the one behind the last.</summary>
    public RowBlocks(Device device, int size, Action<int, int> body)
        : this(device, size, false, (_, first, end) => body((int)first, (int)end))
    {
    }

    /// <summary>The same for elements, or for more rows than an <see cref="int"/> counts.</summary>
    public static RowBlocks OfElements(Device device, int size, Action<long, long> body) => new(device, size, false, (_, first, end) => body(first, end));

    /// <summary>Blocks of at least so many rows, as few as <see cref="PartialSums"/> keeps sums for; <paramref name="body"/> takes the number of its block besides.</summary>
    public static RowBlocks WithSums(Device device, int leastSize, Action<int, int, int> body) =>
        new(device, leastSize, true, (index, first, end) => body(index, (int)first, (int)end));

    /// <summary>Goes over the first <paramref name="rows"/> rows; returns the number of blocks.</summary>
    public int Run(long rows)
    {
        this.rows = rows;
        size = keepsSums ? (int)Math.Max(leastSize, (rows + PartialSums.MaxBlocks - 1) / PartialSums.MaxBlocks) : leastSize;
        int count = checked((int)((rows + size - 1) / size));
        team.Run(count, block);
        return count;
    }
}
