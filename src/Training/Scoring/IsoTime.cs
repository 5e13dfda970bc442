using System.Globalization;
using GpuCtr.Data.Features;

namespace GpuCtr.Training.Scoring;

/// <summary>Parses ISO 8601 times: T or a blank between date and time, an optional offset, up to nine digits of a second.</summary>
internal static class IsoTime
{
    // K is an offset, Z, or nothing.
    private static readonly string[] formats =
    [
        "yyyy-MM-dd", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK",
        "yyyy-MM-dd HH:mmK", "yyyy-MM-dd HH:mm:ssK", "yyyy-MM-dd HH:mm:ss.FFFFFFFK",
    ];

    /// <summary>Parses a time; one with an offset is converted to UTC, as in shards.</summary>
    /// <param name="text">The text.</param>
    /// <param name="ticks">Units of 100 ns since 1970.</param>
    public static bool TryParse(ReadOnlySpan<char> text, out long ticks)
    {
        Span<char> cut = stackalloc char[64];
        bool read = DateTimeOffset.TryParseExact(Cut(text, cut), formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset time);
        ticks = time.UtcTicks - DateTime.UnixEpoch.Ticks;
        return read;
    }

    /// <summary>Drops digits of a second beyond 100 ns, as is done for nanoseconds in shards.</summary>
    private static ReadOnlySpan<char> Cut(ReadOnlySpan<char> text, Span<char> room)
    {
        const int mostDigits = 7;
        int point = text.IndexOf('.');
        if (point < 0 || text.Length > room.Length)
            return text;
        int end = point + 1;
        while (end < text.Length && char.IsAsciiDigit(text[end]))
            end++;
        if (end - point - 1 <= mostDigits)
            return text;
        text[..(point + 1 + mostDigits)].CopyTo(room);
        text[end..].CopyTo(room[(point + 1 + mostDigits)..]);
        return room[..(text.Length - (end - point - 1 - mostDigits))];
    }
}
