using System.Text;
using GpuCtr.Data.Options;
using GpuCtr.Models;
using GpuCtr.Training;

namespace GpuCtr.Engine.Commands;

/// <summary>The text of --help.</summary>
internal static class HelpText
{
    private const int Column = 38;

    /// <summary>All verbs.</summary>
    public static string Of(IReadOnlyList<Verb> verbs)
    {
        StringBuilder text = new($"gpu-ctr {Release.Version}: trains click-through-rate models on the GPU or the processor\n\n");
        foreach (Verb verb in verbs)
            text.Append($"  {verb.Name,-10} {verb.Summary}\n");
        return text.Append("\n`gpu-ctr <verb> --help` prints the options of a verb.").ToString();
    }

    /// <summary>One verb: its options with their defaults, and examples.</summary>
    public static string Of(Verb verb)
    {
        StringBuilder text = new($"gpu-ctr {verb.Name}{(verb.Values is { } values ? $" {values}" : "")} [options]\n{verb.Summary}\n\n");
        foreach (Option option in verb.Options)
        {
            string left = $"  {option.Flag} {ValueOf(option)}";
            text.Append(left.Length < Column ? left.PadRight(Column) : $"{left}\n{new string(' ', Column)}")
                .Append(Explanation(option)).Append(DefaultOf(option)).Append('\n');
        }

        if (verb.Options.Any(o => o.TakesColumns))
            text.Append("\nPut a column name that contains a comma, = or \" in double quotes: '\"price, net\",id', '\"a=b\"=item', and double a \" inside.\n");
        text.Append("\nexamples\n");
        foreach (string example in verb.Examples)
            text.Append($"  {example}\n");
        return text.ToString().TrimEnd();
    }

    private static string Explanation(Option option) => option.Declaration.Help
        .Replace("{words}", string.Join(", ", option.Words), StringComparison.Ordinal).Replace("{readers}", string.Join(", ", option.Readers), StringComparison.Ordinal);

    /// <summary>Placeholder for the value; empty for a switch.</summary>
    internal static string ValueOf(Option option) =>
        option.IsSwitch ? "" : option.Declaration.Value ?? (option.Words.Count > 0 ? string.Join('|', option.Words) : option.IsWhole ? "N" : "X");

    private static string DefaultOf(Option option)
    {
        string standard = option.Declaration.Default ?? (option.HasDefault ? OptionText.Of(option, option.Default) : "");
        if (standard.Contains("{models}", StringComparison.Ordinal))
            standard = standard.Replace("{models}", ModelCatalog.DefaultInWords(model => option.ValueIn(model)!), StringComparison.Ordinal);
        return standard.Length > 0 ? $" [{standard}]" : "";
    }
}
