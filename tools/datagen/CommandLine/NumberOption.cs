using System.CommandLine;

namespace GpuCtr.Datagen;

/// <summary>An option that takes a whole number within limits.</summary>
internal static class NumberOption
{
    public static Option<long> Create(string name, string description, long value, long least, long most)
    {
        var option = new Option<long>(name) { Description = description, DefaultValueFactory = _ => value, HelpName = "number" };
        option.Validators.Add(result =>
        {
            // An error of parsing is reported by the parser; asking for the value would throw.
            if (result.Tokens.Count == 1 && long.TryParse(result.Tokens[0].Value, out long given) && (given < least || given > most))
                result.AddError($"{name} {given} is out of range: {least} to {most}");
        });
        return option;
    }
}
