using System.Globalization;
using GpuCtr.Data.Shards;
using GpuCtr.Models;
using static System.FormattableString;

namespace GpuCtr.Data.Splits;

/// <summary>The last rows by a column: a share of them (<c>time:10%</c>), or those from a value on (<c>time:2014-10-28</c>).</summary>
/// <param name="Column">The column: a time, a number, or text that holds dates.</param>
/// <param name="Share">The share of all rows; null = <paramref name="From"/>.</param>
/// <param name="From">The first value; null = <paramref name="Share"/>.</param>
public sealed record LastRows(string Column, double? Share, string? From) : IOptionText<LastRows>
{
    /// <summary>Reads column:share or column:value, at the first colon outside quotes.</summary>
    /// <exception cref="FormatException">It is something else.</exception>
    public static LastRows Parse(string text)
    {
        (string column, string last) = ColumnNames.BeforeColon(text);
        if (column.Length == 0 || last.Length == 0)
            throw new FormatException("expected a column with a share or a first value, such as time:10% or time:2014-10-28");
        if (!last.EndsWith('%'))
            return new LastRows(column, null, last);
        return double.TryParse(last[..^1], NumberStyles.Float, CultureInfo.InvariantCulture, out double percent) && percent is > 0 and < 100
            ? new LastRows(column, percent / 100, null)
            : throw new FormatException($"{last} is not a share above 0 % and below 100 %");
    }

    /// <inheritdoc/>
    public override string ToString() => ColumnNames.WithColon(Column, Share is { } share ? Invariant($"{100 * share:0.######}%") : From!);
}
