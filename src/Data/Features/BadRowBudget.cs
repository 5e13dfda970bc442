using System.Globalization;
using GpuCtr.Models;

namespace GpuCtr.Data.Features;

/// <summary>How many bad rows may be left out: a count, or a share of all rows.</summary>
public sealed record BadRowBudget(long Count, double Share) : IOptionText<BadRowBudget>
{
    /// <summary>The first bad row ends the run.</summary>
    public static readonly BadRowBudget Zero = new(0, 0);

    /// <summary>Whether no bad row is allowed.</summary>
    public bool IsZero => Count == 0 && Share == 0;

    /// <summary>Reads "10" or "1%".</summary>
    /// <exception cref="FormatException">Neither.</exception>
    public static BadRowBudget Parse(string text)
    {
        if (text.EndsWith('%') && double.TryParse(text.AsSpan(0, text.Length - 1), CultureInfo.InvariantCulture, out double percent) && percent is >= 0 and <= 100)
            return new BadRowBudget(0, percent / 100);
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long count))
            return new BadRowBudget(count, 0);
        throw new FormatException("neither a count nor a percentage such as 1%");
    }

    /// <summary>Bad rows allowed among <paramref name="rows"/> rows.</summary>
    public long Limit(long rows) => Count + (long)Math.Floor(Share * rows);

    /// <inheritdoc/>
    public override string ToString() => Share > 0 ? $"{(decimal)(Share * 100)}%" : $"{Count}";
}
