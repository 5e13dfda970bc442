using GpuCtr.Training.Screens;
using Spectre.Console;

namespace GpuCtr.Engine.Screens;

/// <summary>A terminal: colours, borders, and a progress line that is redrawn in place.</summary>
internal sealed class LiveScreen(IAnsiConsole console) : IScreen
{
    private static readonly Style heading = new(decoration: Decoration.Bold), rule = new(Color.Grey), best = new(Color.Green, decoration: Decoration.Bold);
    private static readonly (string Word, Style Style)[] signals =
        [("error:", new Style(Color.Red, decoration: Decoration.Bold)), ("warning:", new Style(Color.Yellow)), ("problem:", new Style(Color.Yellow)), ("note:", new Style(Color.Blue))];

    private ProgressLine? progress;

    /// <inheritdoc/>
    public bool InPlace => true;

    /// <inheritdoc/>
    public void Line(string text)
    {
        EndProgress();
        (string word, Style style) = signals.FirstOrDefault(s => text.StartsWith(s.Word, StringComparison.Ordinal), (Word: "", Style: Style.Plain));
        if (word.Length > 0)
            console.Write(new Text(word, style));
        // Written directly: Spectre's console would wrap the line, and text copied from the terminal would contain the breaks.
        console.Profile.Out.Writer.WriteLine(Printable.Lines(text[word.Length..]));
    }

    /// <inheritdoc/>
    public void Table(IReadOnlyList<string[]> rows)
    {
        Table table = new() { Border = TableBorder.Rounded, BorderStyle = rule };
        for (int i = 0; i < rows[0].Length; i++)
            table.AddColumn(new TableColumn(new Text(Printable.Of(rows[0][i]), heading)) { Alignment = TextTable.IsNumeric(rows, i) ? Justify.Right : Justify.Left });
        foreach (string[] row in rows.Skip(1))
            table.AddRow(row.Select(CellOf));
        Write(table);
    }

    /// <inheritdoc/>
    public void Row(string[] head, string[] cells, bool first)
    {
        Table table = new() { Border = TableBorder.None, ShowHeaders = first };
        foreach (string name in head)
            table.AddColumn(new TableColumn(new Text(name, heading)) { Alignment = Justify.Right, Width = name.Length, NoWrap = true });
        if (first)
            table.AddRow(head.Select(name => new Text(new string('─', name.Length), rule)));
        table.AddRow(cells.Select(CellOf));
        Write(table);
    }

    /// <inheritdoc/>
    public void Progress(ProgressState state)
    {
        progress ??= new ProgressLine(console, state.What);
        progress.Show(state);
    }

    /// <inheritdoc/>
    public void EndProgress()
    {
        progress?.Dispose();
        progress = null;
    }

    private void Write(Table table)
    {
        EndProgress();
        console.Write(table);
    }

    /// <summary>Highlights a cell whose star marks the best value.</summary>
    private static Text CellOf(string cell) => new(Printable.Of(cell), cell.Contains('*') ? best : Style.Plain);
}
