using GpuCtr.Data;
using GpuCtr.Engine.Screens;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Ranks;
using GpuCtr.Models;
using GpuCtr.Training;
using GpuCtr.Training.Screens;

namespace GpuCtr.Engine.Commands;

/// <summary>Dispatches arguments to a verb, and turns every failure into one line and an exit code.</summary>
internal static class CommandLine
{
    /// <summary>All verbs, in the order of the help.</summary>
    public static IReadOnlyList<Verb> Verbs { get; } =
    [
        TrainCommand.Verb, TuneCommand.Verb, EvaluateCommand.Verb, PredictCommand.Verb, ServeCommand.Verb, InspectCommand.Verb, ImportCommand.Verb, ExportCommand.Verb, CompareCommand.Verb, ExplainCommand.Verb, ImportanceCommand.Verb, DevicesCommand.Verb, VerifyCommand.Verb, CompletionCommand.Verb,
    ];

    /// <summary>Runs one command line; never throws.</summary>
    public static int Run(string[] args, TextWriter stdout, TextWriter stderr)
    {
        Terminal terminal = Terminal.Of(stdout, stderr);
        try
        {
            return (int)Dispatch(args, terminal);
        }
        catch (Exception e)
        {
            return Report(Innermost(e), args.Contains("--verbose"), terminal.Error);
        }
    }

    private static ExitCode Dispatch(string[] args, Terminal terminal)
    {
        if (args.Length == 0 || IsHelp(args[0]))
            return Print(terminal.Out, HelpText.Of(Verbs));
        if (args[0] == "--version")
            return Print(terminal.Out, Release.Version);
        if (args[0] == Completion.Verb)
            return Print(terminal.Out, string.Join('\n', Completion.Of(Verbs, args[1..])));
        Verb verb = Verbs.FirstOrDefault(v => v.Name == args[0]) ?? throw Unknown(args[0]);
        if (args.Any(IsHelp) || (args.Length == 1 && verb.Values is not null))
            return Print(terminal.Out, HelpText.Of(verb));
        ExitCode Execute(Communicator? ranks) => verb.Execute(FlagParser.Parse(verb, args[1..]) with { Ranks = ranks }, terminal);
        return Launcher.Current is not { Size: not 1 } launcher ? Execute(null)
            : verb.WorksOnRanks ? (ExitCode)RankRun.Run(launcher, ranks => (int)Execute(ranks), e => ToExitCode(Innermost(e)), Console.Error)
            : NotYet(verb, launcher);
    }

    /// <summary>Processes started by a launcher without being ranks would overwrite each other's folder. Rank 0 reports it for all; the others end without an error, since a launcher kills all ranks when one fails.</summary>
    private static ExitCode NotYet(Verb verb, Launcher launcher) => launcher.Rank > 0 ? ExitCode.Done
        : throw GpuCtrException.UsageError($"gpu-ctr {verb.Name} does not work on several ranks yet, and {launcher.Name} started {(launcher.Size > 0 ? $"{launcher.Size}" : "several")}: start one, or set {Launcher.Variable}=off to run each independently, in its own folder");

    private static bool IsHelp(string arg) => arg is "--help" or "-h" or "-?";

    private static ExitCode Print(TextWriter writer, string text)
    {
        writer.WriteLine(text);
        return ExitCode.Done;
    }

    private static GpuCtrException Unknown(string verb) =>
        GpuCtrException.UsageError($"unknown verb '{verb}'{Spelling.Suggest(verb, Verbs.Select(v => v.Name))}; the verbs are {string.Join(", ", Verbs.Select(v => v.Name))}");

    private static Exception Innermost(Exception e) => e is AggregateException { InnerExceptions.Count: > 0 } many ? Innermost(many.InnerExceptions[0]) : e;

    private static int Report(Exception e, bool verbose, IScreen to)
    {
        (int code, string message) = ToExitCode(e);
        foreach (string line in e is DeviceMemoryException memory ? memory.Forecast.Table() : [])
            to.Line(line);
        string hint = code == (int)ErrorKind.Fault && !verbose ? " (run again with --verbose for the stack)" : "";
        to.Line($"error: {string.Join(' ', message.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))}{hint}");
        if (verbose)
            to.Line($"{e}");
        return code;
    }

    /// <summary>Exit code and message for an exception.</summary>
    internal static (int Code, string Message) ToExitCode(Exception e)
    {
        GpuCtrException failure = Failures.Of(e);
        return (failure.Kind == ErrorKind.Interrupted ? (int)ShutdownSignal.Last : (int)failure.Kind, failure.Message);
    }
}
