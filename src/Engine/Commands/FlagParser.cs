using System.CommandLine;
using System.CommandLine.Parsing;
using GpuCtr.Data;
using GpuCtr.Data.Options;
using GpuCtr.Training;
using Flag = System.CommandLine.Option;
using Option = GpuCtr.Data.Options.Option;

namespace GpuCtr.Engine.Commands;

/// <summary>Splits arguments into flags and shards; options that are not on the command line may come from a file.</summary>
internal static class FlagParser
{
    /// <summary>Parses the arguments after the verb.</summary>
    /// <exception cref="GpuCtrException">Usage.</exception>
    public static Arguments Parse(Verb verb, string[] args)
    {
        Arguments typed = ParseTyped(verb, args);
        if (typed.Given.Over(Activator.CreateInstance(verb.Record)!) is not IReadsOptions { OptionsFile: { } path })
            return typed;
        ConfigFile file = ConfigFile.Read(path, verb.Options);
        if (typed.Given.ByName.ContainsKey("config"))
            file = file.ForAnother(ownShards: typed.Values.Count > 0);
        return typed with { Values = typed.Values.Count > 0 ? typed.Values : file.Shards, Given = typed.Given.Over(file.Given) };
    }

    private static Arguments ParseTyped(Verb verb, string[] args)
    {
        CheckNames(verb, args);
        Command command = new(verb.Name);
        Argument<string[]> values = new("shards") { Arity = ArgumentArity.ZeroOrMore };
        if (verb.Values is not null)
            command.Arguments.Add(values);
        foreach (Option option in verb.Options)
            command.Options.Add(FlagOf(option));
        // A value may begin with @ or be several letters after one dash; neither has a special meaning here.
        // System.CommandLine takes the first word for the name of the program if its file name equals the command, as for the shards data/train; so the program's name is put first.
        ParseResult result = command.Parse([verb.Name, .. args], new ParserConfiguration { EnablePosixBundling = false, ResponseFileTokenReplacer = null });
        if (result.Errors.Count > 0)
            throw GpuCtrException.UsageError($"{result.Errors[0].Message.TrimEnd('.')}; `gpu-ctr {verb.Name}` lists all options");
        Dictionary<string, object?> given = [];
        foreach (Option option in verb.Options)
        {
            if (result.GetResult(option.Flag) is OptionResult { Implicit: false } found)
                given[option.Name] = OptionText.Parse(option, [.. found.Tokens.Select(t => t.Value)]);
        }

        return new Arguments(verb.Values is null ? [] : result.GetValue(values) ?? [], new OptionValues(given), args);
    }

    private static Flag FlagOf(Option option) =>
        option.IsSwitch ? new Option<bool>(option.Flag)
        : option.IsList ? new Option<string[]>(option.Flag) { Arity = ArgumentArity.OneOrMore, AllowMultipleArgumentsPerToken = true }
        : new Option<string>(option.Flag) { Arity = ArgumentArity.ExactlyOne };

    /// <summary>A misspelt flag would otherwise count as a value of the flag before it, or as a shard.</summary>
    private static void CheckNames(Verb verb, string[] args)
    {
        foreach (string arg in args)
        {
            if (arg.Length < 2 || arg[0] != '-' || char.IsAsciiDigit(arg[1]) || arg[1] == '.')
                continue;
            string name = arg.Split('=', ':')[0];
            if (!verb.Options.Any(o => o.Flag == name))
                throw GpuCtrException.UsageError($"unknown option '{name}'{(GuessedFlags.Ours(name, verb.Options.Select(o => o.Flag)) is { } ours ? $", did you mean '{ours}'?" : Spelling.Suggest(name, verb.Options.Select(o => o.Flag)))}; `gpu-ctr {verb.Name}` lists all options");
        }
    }
}
