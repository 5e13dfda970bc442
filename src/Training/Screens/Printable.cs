namespace GpuCtr.Training.Screens;

/// <summary>Text that comes from files, such as names of columns, as a terminal or a log may show it: nothing in it moves the cursor or begins a line.</summary>
internal static class Printable
{
    private const char Stand = '·';

    /// <summary>On one line.</summary>
    public static string Of(string text) => Of(text, static c => char.IsControl(c));

    /// <summary>With the lines that it has.</summary>
    public static string Lines(string text) => Of(text, static c => char.IsControl(c) && c != '\n');

    private static string Of(string text, Func<char, bool> hidden) =>
        text.Any(hidden) ? string.Concat(text.Select(c => hidden(c) ? Stand : c)) : text;
}
