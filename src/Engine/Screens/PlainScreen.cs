using System.Globalization;
using GpuCtr.Training.Screens;

namespace GpuCtr.Engine.Screens;

/// <summary>Plain lines of text.</summary>
internal sealed class PlainScreen(TextWriter writer) : IScreen
{
    /// <inheritdoc/>
    public bool InPlace => false;

    /// <inheritdoc/>
    public void Line(string text) => writer.WriteLine(Printable.Lines(text));

    /// <inheritdoc/>
    public void Table(IReadOnlyList<string[]> rows)
    {
        foreach (string line in TextTable.Lines(rows))
            writer.WriteLine(line);
    }

    /// <inheritdoc/>
    public void Row(string[] head, string[] cells, bool first)
    {
        foreach (string line in TextTable.Lines(head, cells, first))
            writer.WriteLine(line);
    }

    /// <inheritdoc/>
    public void Progress(ProgressState state) =>
        writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{state.What} {100 * state.Share,5:F1} %  {state.FactsWithin(int.MaxValue)}"));

    /// <inheritdoc/>
    public void EndProgress()
    {
    }
}
