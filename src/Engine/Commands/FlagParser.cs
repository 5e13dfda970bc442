using System.CommandLine;
using System.CommandLine.Parsing;
using GpuCtr.Data;
using GpuCtr.Training;

namespace GpuCtr.Engine.Commands;

/// <summary>Splits arguments into flags and shards; flags that are not given may come from the file named by --config.</summary>
internal static class FlagParser
{
    private const string ConfigFlag = "--config";

    /// <summary>Parses what follows the verb.</summary>
    /// <exception cref="GpuCtrException">Usage.</exception>
    public static FlagValues Parse(Verb verb, string[] args)
    {
        FlagValues typed = ParseOnce(verb, args, args);
        if (ConfigPath(typed) is not { } path)
            return typed;
        ConfigFile file = ConfigFile.Read(path, verb);
        IEnumerable<string> shards = typed.Shards.Count > 0 ? [] : file.Shards;
        IEnumerable<string> flags = file.Flags.Where(f => !typed.IsGiven(f.Flag)).SelectMany(f => f.Tokens);
        return ParseOnce(verb, [.. shards, .. args, .. flags], args);
    }

    /// <summary>A run that goes on takes what is not typed from its own config.</summary>
    private static string? ConfigPath(FlagValues typed) => typed.IsGiven(ConfigFlag) ? typed.Text(ConfigFlag)
        : typed.IsOn("--resume") && typed.IsGiven("--out") && RunConfig.PathIn(typed.Text("--out")) is { } own ? own
        : null;

    private static FlagValues ParseOnce(Verb verb, string[] args, string[] commandLine)
    {
        CheckNames(verb, args);
        Command command = new(verb.Name);
        Argument<string[]> shards = new("shards") { Arity = ArgumentArity.ZeroOrMore };
        if (verb.TakesShards)
            command.Arguments.Add(shards);
        foreach (Flag flag in verb.Flags)
            command.Options.Add(OptionOf(flag));
        // A value may begin with @ or be several letters behind one dash; neither means anything special here.
        ParseResult result = command.Parse(args, new ParserConfiguration { EnablePosixBundling = false, ResponseFileTokenReplacer = null });
        if (result.Errors.Count > 0)
            throw GpuCtrException.UsageError($"{result.Errors[0].Message.TrimEnd('.')}; `gpu-ctr {verb.Name}` lists all options");
        Dictionary<string, string[]> given = [];
        foreach (Flag flag in verb.Flags)
        {
            if (result.GetResult(flag.Name) is OptionResult { Implicit: false } option)
                given[flag.Name] = [.. option.Tokens.Select(t => t.Value)];
        }

        return new FlagValues(verb, verb.TakesShards ? result.GetValue(shards) ?? [] : [], given, commandLine);
    }

    private static Option OptionOf(Flag flag) => flag.Arity switch
    {
        FlagArity.Switch => new Option<bool>(flag.Name),
        FlagArity.Several => new Option<string[]>(flag.Name) { Arity = ArgumentArity.OneOrMore, AllowMultipleArgumentsPerToken = true },
        _ => new Option<string>(flag.Name) { Arity = ArgumentArity.ExactlyOne },
    };

    /// <summary>A misspelt flag would otherwise count as a value of the flag before it, or as a shard.</summary>
    private static void CheckNames(Verb verb, string[] args)
    {
        foreach (string arg in args)
        {
            if (arg.Length < 2 || arg[0] != '-' || char.IsAsciiDigit(arg[1]) || arg[1] == '.')
                continue;
            string name = arg.Split('=', ':')[0];
            if (!verb.Flags.Any(f => f.Name == name))
                throw GpuCtrException.UsageError($"unknown option '{name}'{Spelling.Suggest(name, verb.Flags.Select(f => f.Name))}; `gpu-ctr {verb.Name}` lists all options");
        }
    }
}
