namespace GpuCtr.Training.Screens;

/// <summary>Rows of text in aligned columns.</summary>
internal static class TextTable
{
    /// <summary>The lines of a table; columns of numbers and their headers are aligned to the right.</summary>
    /// <param name="rows">The header and the rows, all with the same number of cells.</param>
    public static IEnumerable<string> Lines(IReadOnlyList<string[]> rows)
    {
        rows = [.. rows.Select(row => row.Select(Printable.Of).ToArray())];
        int[] widths = [.. rows[0].Select((_, i) => rows.Max(r => r[i].Length))];
        bool[] numbers = [.. rows[0].Select((_, i) => IsNumeric(rows, i))];
        return rows.Select(row => string.Join("  ", row.Select((cell, i) => numbers[i] ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i]))).TrimEnd());
    }

    /// <summary>The lines of one row of a growing table: every cell as wide as its header.</summary>
    public static IEnumerable<string> Lines(string[] head, string[] cells, bool first) =>
        (first ? new[] { head, cells } : [cells]).Select(row => string.Join("  ", row.Select((cell, i) => cell.PadLeft(head[i].Length))).TrimEnd());

    /// <summary>Whether a column contains only numbers.</summary>
    public static bool IsNumeric(IReadOnlyList<string[]> rows, int column) => rows.Count > 1 && rows.Skip(1).All(r => IsNumber(r[column]));

    /// <summary>A number with an optional sign and at most one word after it.</summary>
    private static bool IsNumber(string cell) => cell is "" or "–" || cell.Trim().Count(c => c == ' ') <= 1 && char.IsAsciiDigit(cell.TrimStart('-', '+', '≈', ' ').FirstOrDefault());
}
