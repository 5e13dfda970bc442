using GpuCtr.Training.Screens;
using Spectre.Console;

namespace GpuCtr.Engine.Screens;

/// <summary>Where a command writes.</summary>
/// <param name="Out">Standard output, for what a program reads: written as it is.</param>
/// <param name="Screen">Standard output, for results that a person reads.</param>
/// <param name="Error">Everything else.</param>
internal sealed record Terminal(TextWriter Out, IScreen Screen, IScreen Error)
{
    /// <summary>Screens of the process; live ones where it has a terminal that understands them and NO_COLOR is not set.</summary>
    public static Terminal Of(TextWriter stdout, TextWriter stderr) => new(
        stdout,
        ScreenOf(stdout, ReferenceEquals(stdout, Console.Out) && !Console.IsOutputRedirected),
        ScreenOf(stderr, ReferenceEquals(stderr, Console.Error) && !Console.IsErrorRedirected));

    private static IScreen ScreenOf(TextWriter writer, bool isTerminal)
    {
        if (!isTerminal || !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")))
            return new PlainScreen(writer);
        // Looks at TERM, and asks a Windows console to understand escape sequences. The variables of build servers say nothing of a terminal.
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer), Enrichment = new ProfileEnrichment { UseDefaultEnrichers = false } });
        return console.Profile.Capabilities.Ansi ? new LiveScreen(console) : new PlainScreen(writer);
    }
}
