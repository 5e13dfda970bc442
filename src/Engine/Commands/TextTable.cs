namespace GpuCtr.Engine.Commands;

/// <summary>Rows of text in aligned columns.</summary>
internal static class TextTable
{
    /// <summary>Writes a table; cells with a number at their front are aligned to the right, as their heads.</summary>
    /// <param name="to">Where.</param>
    /// <param name="rows">The head and the rows, all with as many cells.</param>
    public static void Write(TextWriter to, IReadOnlyList<string[]> rows)
    {
        int columns = rows[0].Length;
        int[] widths = [.. Enumerable.Range(0, columns).Select(i => rows.Max(r => r[i].Length))];
        bool[] numbers = [.. Enumerable.Range(0, columns).Select(i => rows.Count > 1 && rows.Skip(1).All(r => IsNumber(r[i])))];
        foreach (string[] row in rows)
            to.WriteLine(string.Join("  ", row.Select((cell, i) => numbers[i] ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i]))).TrimEnd());
    }

    private static bool IsNumber(string cell) => cell is "" or "–" || char.IsAsciiDigit(cell[0]) || cell.Length > 1 && cell[0] is '-' or '+' && char.IsAsciiDigit(cell[1]);
}
