using System.Globalization;

namespace GpuCtr.Data.Shards;

/// <summary>The unit of a time since 1970; the value is the number of units in a day.</summary>
public enum StoredTimeUnit : long
{
    /// <summary>Days.</summary>
    Days = 1,

    /// <summary>Milliseconds.</summary>
    Milliseconds = 86_400_000,

    /// <summary>Microseconds.</summary>
    Microseconds = 1000 * Milliseconds,

    /// <summary>Steps of 100 ns.</summary>
    Ticks = 10 * Microseconds,

    /// <summary>Nanoseconds.</summary>
    Nanoseconds = 1000 * Microseconds,
}

/// <summary>Hour, weekday and other fields of times in the proleptic Gregorian calendar. Every 64-bit number of any unit is a time.</summary>
internal static class TimeFields
{
    private const int ThursdayOf1970 = 4, SecondsOfDay = 86_400;

    // Days are counted from March 1 of the year 0, so that leap days are the last day of a year.
    private const int DaysBefore1970 = 719_468, DaysOf400Years = 146_097;

    /// <summary>Hour of the day, 0 … 23.</summary>
    public static long Hour(long time, StoredTimeUnit unit) => FloorModulo(time, (long)unit) * 24 / (long)unit;

    /// <summary>Day of the week, 0 = Sunday.</summary>
    public static long Weekday(long time, StoredTimeUnit unit) => FloorModulo(FloorDivide(time, (long)unit) + ThursdayOf1970, 7);

    /// <summary>Seconds since 1970.</summary>
    public static double Seconds(long time, StoredTimeUnit unit) => unit == StoredTimeUnit.Days ? (double)time * SecondsOfDay : time / ((double)unit / SecondsOfDay);

    /// <summary>Days since 1970 and nanoseconds of the day: the same for a time in any unit.</summary>
    public static (long Day, long Nanoseconds) Split(long time, StoredTimeUnit unit) =>
        (FloorDivide(time, (long)unit), FloorModulo(time, (long)unit) * ((long)StoredTimeUnit.Nanoseconds / (long)unit));

    /// <summary>As a person writes it, to the second; years beyond 9999 and before 0 with their sign.</summary>
    public static string Text(long time, StoredTimeUnit unit)
    {
        (long day, long nanoseconds) = Split(time, unit);
        (long year, int month, int dayOfMonth) = Date(day);
        string sign = year > 9999 ? "+" : year < 0 ? "-" : "";
        var clock = TimeSpan.FromSeconds(nanoseconds / ((long)StoredTimeUnit.Nanoseconds / SecondsOfDay));
        return string.Create(CultureInfo.InvariantCulture, $"{sign}{Math.Abs(year):0000}-{month:00}-{dayOfMonth:00}T{clock:hh\\:mm\\:ss}");
    }

    /// <summary>The largest integer that is at most the quotient.</summary>
    public static long FloorDivide(long x, long by) => x / by - (x % by < 0 ? 1 : 0);

    private static long FloorModulo(long x, long by) => (x % by + by) % by;

    private static (long Year, int Month, int Day) Date(long day)
    {
        long era = FloorDivide(day + DaysBefore1970, DaysOf400Years), ofEra = FloorModulo(day + DaysBefore1970, DaysOf400Years);
        long yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365;
        long ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
        long march = (5 * ofYear + 2) / 153;
        int month = (int)(march < 10 ? march + 3 : march - 9);
        return (yearOfEra + 400 * era + (month <= 2 ? 1 : 0), month, (int)(ofYear - (153 * march + 2) / 5 + 1));
    }
}
