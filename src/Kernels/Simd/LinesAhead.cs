using System.Runtime.CompilerServices;

namespace GpuCtr.Kernels.Simd;

/// <summary>Memory that the work behind this one will touch, asked for some cache lines at a time between the tiles of a product.</summary>
/// A core keeps about 24 misses in flight and then waits: 15 GB/s from memory, however the lines are asked for. Products miss nothing for
/// microseconds, so lines asked for between their tiles come at no cost, and the passes between products find what they need in cache.
internal unsafe struct LinesAhead
{
    private const int MaxRanges = 8;

    private fixed ulong starts[MaxRanges], ends[MaxRanges];
    private int ranges, current, linesAStep;
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

    /// <summary>Says in how many steps all of it is asked for.</summary>
    public void Spread(int steps) => linesAStep = (int)((lines + steps - 1) / steps);

    /// <summary>Asks for the next lines.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Step()
    {
        int left = linesAStep;
        while (current < ranges && left > 0)
        {
            ulong at = starts[current], end = Math.Min(ends[current], at + (ulong)left * 64);
            for (; at < end; at += 64, left--)
                Prefetch.Ahead((void*)at);
            if ((starts[current] = at) >= ends[current])
                current++;
        }
    }
}
