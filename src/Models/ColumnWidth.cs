using System.Globalization;

namespace GpuCtr.Models;

/// <summary>The width of the embeddings of one column.</summary>
/// <param name="Column">A categorical column or a list.</param>
/// <param name="Width">Numbers of a vector.</param>
public sealed record ColumnWidth(
    string Column,
    [property: Option("width of the vector", PresetOnly = true, Least = 1, Most = ModelOptions.MostUnits)] int Width) : IOptionText<ColumnWidth>
{
    /// <summary>Reads COL=N, COL in double quotes if it contains a comma or an equals sign.</summary>
    /// <exception cref="FormatException">It is something else.</exception>
    public static ColumnWidth Parse(string text)
    {
        int equals = text.LastIndexOf('=');
        if (equals <= 0 || !int.TryParse(text.AsSpan(equals + 1).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int width) || width is < 1 or > ModelOptions.MostUnits)
            throw new FormatException($"expected a column and its width, such as item=64, of 1 to {ModelOptions.MostUnits}");
        string name = text[..equals].Trim();
        return new(name is ['"', .. string inner, '"'] ? inner.Replace("\"\"", "\"", StringComparison.Ordinal) : name, width);
    }

    /// <inheritdoc/>
    public override string ToString() =>
        FormattableString.Invariant($"{(Column.IndexOfAny([',', '=', '"']) < 0 ? Column : $"\"{Column.Replace("\"", "\"\"", StringComparison.Ordinal)}\"")}={Width}");
}
