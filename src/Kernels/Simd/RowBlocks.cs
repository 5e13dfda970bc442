using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Simd;

/// <summary>Blocks of rows, which the threads of the CPU device process in any order: the outer loop of most SIMD variants.</summary>
/// <remarks>Blocks depend only on the number of rows, and so do the sums of a block: the same bits for any number of threads.</remarks>
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

    /// <summary>Blocks of <paramref name="size"/> rows; <paramref name="body"/> is called with the first row and the row after the last.</summary>
    public RowBlocks(Device device, int size, Action<int, int> body)
        : this(device, size, false, (_, first, end) => body((int)first, (int)end))
    {
    }

    /// <summary>The same for elements, or wherever an <see cref="int"/> is too short to count rows.</summary>
    public static RowBlocks OfElements(Device device, int size, Action<long, long> body) => new(device, size, false, (_, first, end) => body(first, end));

    /// <summary>Blocks of at least this many rows, at most as many as <see cref="PartialSums"/> has sums for; <paramref name="body"/> is also called with the number of its block.</summary>
    public static RowBlocks WithSums(Device device, int leastSize, Action<int, int, int> body) =>
        new(device, leastSize, true, (index, first, end) => body(index, (int)first, (int)end));

    /// <summary>The variant of an op that does nothing but go over blocks of rows, in both directions.</summary>
    public static OpVariant Variant(Device device, Tensor rows, int size, Action<int, int> forward, Action<int, int> backward)
    {
        RowBlocks forwards = new(device, size, forward), backwards = new(device, size, backward);
        return new((in Pass pass) => forwards.Run(pass.RowsOf(rows)), (in Pass pass) => backwards.Run(pass.RowsOf(rows)));
    }

    /// <summary>Processes the first <paramref name="rows"/> rows; returns the number of blocks.</summary>
    public int Run(long rows)
    {
        this.rows = rows;
        size = keepsSums ? (int)Math.Max(leastSize, (rows + PartialSums.MaxBlocks - 1) / PartialSums.MaxBlocks) : leastSize;
        int count = checked((int)((rows + size - 1) / size));
        team.Run(count, block);
        return count;
    }
}
