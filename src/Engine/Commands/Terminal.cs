namespace GpuCtr.Engine.Commands;

/// <summary>Where a command writes.</summary>
/// <param name="Out">Results only.</param>
/// <param name="Error">Everything else.</param>
/// <param name="InPlace">Whether <paramref name="Error"/> is a terminal on which a line can be rewritten.</param>
internal sealed record Terminal(TextWriter Out, TextWriter Error, bool InPlace)
{
    /// <summary>A terminal where the process has one.</summary>
    public static Terminal Of(TextWriter stdout, TextWriter stderr) =>
        new(stdout, stderr, ReferenceEquals(stderr, Console.Error) && !Console.IsErrorRedirected);
}
