using System.Runtime.CompilerServices;

namespace GpuCtr.Kernels.Simd;

/// <summary>Memory that the work behind this one will touch, asked for some cache lines at a time between the tiles of a product.</summary>
/// A core keeps about 24 misses in flight and then waits: 15 GB/s from memory, however the lines are asked for. Products miss nothing for
/// microseconds, so lines asked for between their tiles come at no cost, and the passes between products find what they need in cache.
internal unsafe struct LinesAhead
{
    private const int MaxRanges = 8;

    // Ranges of bytes, and lists of row numbers of one table.
    private fixed ulong starts[MaxRanges], ends[MaxRanges], lists[MaxRanges], listEnds[MaxRanges];
    private int ranges, current, rowLists, currentList, linesAStep, rowLength;
    private float* table;
    private long lines;

    /// <summary>Adds floats from <paramref name="start"/> on; any address may be given, also behind the end of a buffer. Beyond eight ranges it is left out: nothing but time depends on it.</summary>
    public void Add(float* start, long floats)
    {
        if (ranges == MaxRanges)
            return;
        (starts[ranges], ends[ranges]) = ((ulong)start, (ulong)(start + floats));
        ranges++;
        lines += (floats + Lanes.Count - 1) / Lanes.Count;
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
        lines += (long)count * ((length + Lanes.Count - 1) / Lanes.Count);
    }

    /// <summary>Says in how many steps all of it is asked for.</summary>
    public void Spread(int steps) => linesAStep = (int)((lines + steps - 1) / steps);

    /// <summary>Asks for the next lines.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Step()
    {
        int left = linesAStep;
        while (currentList < rowLists && left > 0)
        {
            int* row = (int*)lists[currentList], end = (int*)listEnds[currentList];
            for (; row < end && left > 0; row++)
                for (int j = 0; j < rowLength; j += Lanes.Count, left--)
                    Prefetch.FarAhead(table + (long)*row * rowLength + j);
            if ((lists[currentList] = (ulong)row) == (ulong)end)
                currentList++;
        }
        while (current < ranges && left > 0)
        {
            ulong at = starts[current], end = Math.Min(ends[current], at + (ulong)left * 64);
            for (; at < end; at += 64, left--)
                Prefetch.FarAhead((void*)at);
            if ((starts[current] = at) >= ends[current])
                current++;
        }
    }
}
