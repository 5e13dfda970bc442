namespace GpuCtr.Engine.Data;

/// <summary>A part of a date or timestamp that is a field of its own.</summary>
public enum TimePart
{
    /// <summary>Hour of the day, 0 … 23.</summary>
    Hour,

    /// <summary>Day of the week, 0 = Sunday.</summary>
    Weekday,
}

/// <summary>Parts of times in steps of 100 ns since 1970-01-01.</summary>
internal static class Times
{
    private const int ThursdayOf1970 = 4;

    /// <summary>Hour of the day, 0 … 23.</summary>
    public static long Hour(long ticks) => FloorModulo(FloorDivide(ticks, TimeSpan.TicksPerHour), 24);

    /// <summary>Day of the week, 0 = Sunday.</summary>
    public static long Weekday(long ticks) => FloorModulo(FloorDivide(ticks, TimeSpan.TicksPerDay) + ThursdayOf1970, 7);

    /// <summary>Seconds since 1970.</summary>
    public static double Seconds(long ticks) => ticks / (double)TimeSpan.TicksPerSecond;

    /// <summary>As a person writes it.</summary>
    public static string Text(long ticks) => new DateTime(DateTime.UnixEpoch.Ticks + ticks).ToString("s");

    private static long FloorDivide(long x, long by) => x / by - (x % by < 0 ? 1 : 0);

    private static long FloorModulo(long x, long by) => (x % by + by) % by;
}
