using System.Runtime.InteropServices;
using GpuCtr.Data.Features;

namespace GpuCtr.Data.Parquet;

/// <summary>A timestamp of Impala, Hive and older versions of Spark: nanoseconds of the day, and the Julian day.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly struct Int96
{
    private const int JulianDayOf1970 = 2_440_588;

    private readonly long nanoseconds;
    private readonly int julianDay;

    /// <summary>Converts to time units since 1970; false if a value exceeds 64 bits, which cannot happen with milliseconds.</summary>
    public static bool TryConvert(ReadOnlySpan<Int96> from, Span<long> to, StoredTimeUnit unit)
    {
        long nanosecondsOfStep = (long)StoredTimeUnit.Nanoseconds / (long)unit;
        bool fit = true;
        for (int i = 0; i < from.Length; i++)
        {
            Int128 steps = (Int128)(from[i].julianDay - (long)JulianDayOf1970) * (long)unit + Times.FloorDivide(from[i].nanoseconds, nanosecondsOfStep);
            to[i] = (long)steps;
            fit &= to[i] == steps;
        }

        return fit;
    }
}
