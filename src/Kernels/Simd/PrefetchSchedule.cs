using System.Runtime.CompilerServices;

namespace GpuCtr.Kernels.Simd;

/// <summary>Memory that the work behind this one will touch, asked for some cache lines at a time between the tiles of a product.</summary>
/// <remarks>
/// A core keeps about 24 misses in flight and then waits: 15 GB/s from memory, however the lines are asked for. Products miss nothing for
/// microseconds, so lines asked for between their tiles come at no cost, and the passes between products find what they need in cache.
/// </remarks>
internal unsafe struct PrefetchSchedule
{
    private const int MaxRanges = 8;

    // Ranges of bytes, and lists of row numbers of one table.
    private fixed ulong starts[MaxRanges], ends[MaxRanges], lists[MaxRanges], listEnds[MaxRanges];
    private int ranges, current, rowLists, currentList, rows, rowsAStep, rowLength;
    private float* table;

    /// <summary>Adds floats from <paramref name="start"/> on; any address may be given, also behind the end of a buffer. Beyond eight ranges it is left out: nothing but time depends on it.</summary>
    public void Add(float* start, long floats)
    {
        if (ranges == MaxRanges)
            return;
        (starts[ranges], ends[ranges]) = ((ulong)start, (ulong)(start + floats));
        ranges++;
    }

    /// <summary>Adds rows of a table, the same table each time; beyond eight lists they are left out.</summary>
    /// <param name="table">(…, length).</param>
    /// <param name="rows">Which rows; these numbers are read.</param>
    /// <param name="count">How many; none where negative.</param>
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

    /// <summary>Says in how many steps all of it is asked for.</summary>
    public void Spread(int steps) => rowsAStep = (int)((rows + steps - 1) / steps);

    /// <summary>Asks for the next rows of the table and gives the next stretch of the ranges, which the tile asks for itself, a line a step of its depth.</summary>
    /// <param name="depth">Lines of the stretch; a range that ends before is overrun, which costs nothing but time.</param>
    /// <param name="line">What the stretch is left in when nothing is left; it is near anyway.</param>
    /// <param name="stride">Bytes between two lines: 0 when nothing is left.</param>
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
