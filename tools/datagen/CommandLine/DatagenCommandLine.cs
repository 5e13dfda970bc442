using System.CommandLine;
using System.CommandLine.Help;

namespace GpuCtr.Datagen;

/// <summary>The command line: verbs, and a one-line message for every error.</summary>
public static class DatagenCommandLine
{
    /// <summary>Runs the arguments; returns the exit code.</summary>
    public static async Task<int> RunAsync(string[] arguments, TextWriter output, TextWriter error)
    {
        var root = new RootCommand("Makes Parquet shards for click-through-rate models.") { SynthCommand.Create(), ImportCommand.Create() };
        // A verb without arguments prints its help.
        if (IsBareVerb(root, arguments))
            arguments = [.. arguments, "--help"];

        var parsed = root.Parse(arguments);
        if (parsed.Errors.Count > 0 && parsed.Action is not HelpAction)
            return Fail(error, WhatIsWrong(parsed), ExitCodes.Usage);
        try
        {
            return await parsed.InvokeAsync(new() { Output = output, Error = error, EnableDefaultExceptionHandler = false });
        }
        catch (UsageException wrong)
        {
            return Fail(error, wrong.Message, ExitCodes.Usage);
        }
        catch (DataException wrong)
        {
            return Fail(error, wrong.Message, ExitCodes.Data);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            return Fail(error, "cannot read or write: " + failed.Message, ExitCodes.InputOutput);
        }
        catch (OperationCanceledException)
        {
            return Fail(error, "stopped", ExitCodes.Interrupted);
        }
    }

    private static bool IsBareVerb(Command root, ReadOnlySpan<string> arguments)
    {
        Command? verb = root;
        foreach (string word in arguments)
            verb = verb?.Subcommands.FirstOrDefault(sub => sub.Name == word);
        return verb is not null;
    }

    // An unknown word is reported first, since it causes the other errors.
    private static string WhatIsWrong(ParseResult parsed) => parsed.UnmatchedTokens.Count > 0
        ? $"unknown verb or option '{parsed.UnmatchedTokens[0]}'; --help lists those that there are"
        : parsed.Errors[0].Message;

    private static int Fail(TextWriter error, string message, int code)
    {
        error.WriteLine("datagen: " + message.ReplaceLineEndings(" "));
        return code;
    }
}
