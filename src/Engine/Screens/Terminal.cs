using GpuCtr.Training.Screens;
using Spectre.Console;

namespace GpuCtr.Engine.Screens;

/// <summary>Where a command writes.</summary>
/// <param name="Out">Standard output for programs: written unformatted.</param>
/// <param name="Screen">Standard output for results that a person reads.</param>
/// <param name="Error">Standard error, for everything else.</param>
internal sealed record Terminal(TextWriter Out, IScreen Screen, IScreen Error)
{
    /// <summary>The screens of the process: live if it has a terminal with escape sequences and NO_COLOR is not set, else plain.</summary>
    public static Terminal Of(TextWriter stdout, TextWriter stderr) => new(
        stdout,
        ScreenOf(stdout, ReferenceEquals(stdout, Console.Out) && !Console.IsOutputRedirected),
        ScreenOf(stderr, ReferenceEquals(stderr, Console.Error) && !Console.IsErrorRedirected));

    private static IScreen ScreenOf(TextWriter writer, bool isTerminal)
    {
        if (!isTerminal || !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")))
            return new PlainScreen(writer);
        // Checks TERM, and enables escape sequences on a Windows console. Variables of build servers say nothing about a terminal.
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer), Enrichment = new ProfileEnrichment { UseDefaultEnrichers = false } });
        return console.Profile.Capabilities.Ansi ? new LiveScreen(console) : new PlainScreen(writer);
    }
}
