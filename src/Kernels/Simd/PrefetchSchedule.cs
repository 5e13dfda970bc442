using System.Runtime.CompilerServices;

namespace GpuCtr.Kernels.Simd;

/// <summary>Memory that later work will touch, prefetched some cache lines at a time between the tiles of a product.</summary>
/// <remarks>
/// A core keeps about 24 misses in flight and then stalls: 15 GB/s from memory, however the lines are requested. Products have no misses for
/// microseconds, so prefetches between their tiles cost nothing, and the passes between products find their data in cache.
/// </remarks>
internal unsafe struct PrefetchSchedule
{
    private const int MaxRanges = 8;

    // Ranges of bytes, and lists of row numbers of one table.
    private fixed ulong starts[MaxRanges], ends[MaxRanges], lists[MaxRanges], listEnds[MaxRanges];
    private int ranges, current, rowLists, currentList, rows, rowsAStep, rowLength;
    private float* table;

    /// <summary>Adds floats from <paramref name="start"/> on; any address is allowed, also past the end of a buffer. Ranges beyond the eighth are ignored: only time depends on them.</summary>
    public void Add(float* start, long floats)
    {
        if (ranges == MaxRanges)
            return;
        (starts[ranges], ends[ranges]) = ((ulong)start, (ulong)(start + floats));
        ranges++;
    }

    /// <summary>Adds rows of a table, the same table each time; lists beyond the eighth are ignored.</summary>
    /// <param name="table">(…, length).</param>
    /// <param name="rows">Row numbers.</param>
    /// <param name="count">Number of rows; negative = none.</param>
    /// <param name="length">Floats of a row.</param>
    public void AddRows(float* table, int* rows, int count, int length)
    {
        if (rowLists == MaxRanges || count <= 0)
            return;
        this.table = table;
        rowLength = length;
        (lists[rowLists], listEnds[rowLists]) = ((ulong)rows, (ulong)(rows + count));
        rowLists++;
        this.rows += count;
    }

    /// <summary>Sets the number of steps over which everything is prefetched.</summary>
    public void Spread(int steps) => rowsAStep = (int)((rows + steps - 1) / steps);

    /// <summary>Prefetches the next rows of the table and returns the next part of the ranges, which the tile prefetches itself, one line per step of its depth.</summary>
    /// <param name="depth">Lines of the part; a range that ends earlier is overrun, which costs only time.</param>
    /// <param name="line">Address to return when nothing is left; it is in cache anyway.</param>
    /// <param name="stride">Bytes between two lines; 0 when nothing is left.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public byte* Step(int depth, void* line, out nint stride)
    {
        for (int left = rowsAStep; currentList < rowLists && left > 0;)
        {
            int* row = (int*)lists[currentList], end = (int*)listEnds[currentList];
            for (; row < end && left > 0; row++, left--)
                for (int j = 0; j < rowLength; j += Lanes.Count)
                    Prefetch.FarAhead(table + (long)*row * rowLength + j);
            if ((lists[currentList] = (ulong)row) == (ulong)end)
                currentList++;
        }
        stride = current < ranges ? 64 : 0;
        if (stride == 0)
            return (byte*)line;
        byte* start = (byte*)starts[current];
        if ((starts[current] += (ulong)depth * 64) >= ends[current])
            current++;
        return start;
    }
}
