using System.Globalization;
using GpuCtr.Models;

namespace GpuCtr.Training.Tuning;

/// <summary>A length of time: 30m, 2h, 90s.</summary>
/// <param name="Time">It.</param>
internal readonly record struct TimeBudget(TimeSpan Time) : IOptionText<TimeBudget>
{
    private static readonly (char Name, double Seconds)[] units = [('s', 1), ('m', 60), ('h', 3600)];

    /// <summary>Reads it.</summary>
    /// <exception cref="FormatException">It is something else.</exception>
    public static TimeBudget Parse(string text)
    {
        (char unit, double seconds) = units.FirstOrDefault(u => text.EndsWith(u.Name));
        return unit != 0 && double.TryParse(text[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double count) && count * seconds is > 0 and < 1e8
            ? new(TimeSpan.FromSeconds(count * seconds))
            : throw new FormatException("expected a time such as 30m, 2h or 90s");
    }

    /// <summary>In the largest unit of which it is a whole number.</summary>
    public override string ToString()
    {
        double total = Time.TotalSeconds;
        (char unit, double seconds) = units.Last(u => total % u.Seconds == 0 || u.Seconds == 1);
        return string.Create(CultureInfo.InvariantCulture, $"{total / seconds}{unit}");
    }
}
