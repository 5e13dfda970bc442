namespace GpuCtr.Training.Screens;

/// <summary>Makes text from files, such as column names, safe to print: without control characters that move the cursor or start a line.</summary>
internal static class Printable
{
    private const char Stand = '·';

    /// <summary>The text on one line.</summary>
    public static string Of(string text) => Of(text, static c => char.IsControl(c));

    /// <summary>The text with its line breaks.</summary>
    public static string Lines(string text) => Of(text, static c => char.IsControl(c) && c != '\n');

    private static string Of(string text, Func<char, bool> hidden) =>
        text.Any(hidden) ? string.Concat(text.Select(c => hidden(c) ? Stand : c)) : text;
}
