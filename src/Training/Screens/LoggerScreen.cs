using Microsoft.Extensions.Logging;

namespace GpuCtr.Training.Screens;

/// <summary>The output of a run for a program: lines and rows of tables go to a logger, progress to its receiver.</summary>
/// <param name="logger">Receives lines as information and warnings, and rows of tables as information with one value per cell.</param>
/// <param name="progress">Receives progress; null: none is reported.</param>
internal sealed class LoggerScreen(ILogger logger, Action<WorkProgress>? progress) : IScreen
{
    private const string Warning = "warning: ", Text = "{Message}";

    /// <inheritdoc/>
    public bool InPlace => progress is not null;

    /// <inheritdoc/>
    public void Line(string text)
    {
        bool warns = text.StartsWith(Warning, StringComparison.Ordinal);
        Log(warns ? LogLevel.Warning : LogLevel.Information, [new(Text.Trim('{', '}'), warns ? text[Warning.Length..] : text), new("{OriginalFormat}", Text)], warns ? text[Warning.Length..] : text);
    }

    /// <inheritdoc/>
    public void Table(IReadOnlyList<string[]> rows)
    {
        foreach (string[] row in rows.Skip(1))
            Row(rows[0], row, first: false);
    }

    /// <inheritdoc/>
    public void Row(string[] head, string[] cells, bool first)
    {
        (string Name, string Value)[] told = [.. head.Zip(cells, (name, cell) => (name.Trim(), cell.Trim())).Where(c => c.Item2.Length > 0)];
        Log(LogLevel.Information, [.. told.Where(c => c.Name.Length > 0).Select(c => KeyValuePair.Create(c.Name, (object?)c.Value))], string.Join("  ", told.Select(c => $"{c.Name} {c.Value}".Trim())));
    }

    /// <inheritdoc/>
    public void Progress(ProgressState state) => progress?.Invoke(state.Now);

    /// <inheritdoc/>
    public void EndProgress()
    {
    }

    private void Log(LogLevel level, KeyValuePair<string, object?>[] values, string text) => logger.Log(level, default, values, null, (_, _) => text);
}
