using System.Text;
using GpuCtr.Training;

namespace GpuCtr.Engine.Commands;

/// <summary>What a bare verb prints.</summary>
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
        StringBuilder text = new($"gpu-ctr {verb.Name}{(verb.TakesShards ? $" {verb.Values}" : "")} [options]\n{verb.Summary}\n\n");
        foreach (Flag flag in verb.Flags)
        {
            string left = $"  {flag.Name} {flag.Value}";
            string standard = flag.Default.Length > 0 ? $" [{flag.Default}]" : "";
            text.Append(left.Length < Column ? left.PadRight(Column) : $"{left}\n{new string(' ', Column)}").Append($"{flag.Help}{standard}\n");
        }

        if (verb.Flags.Any(f => f.TakesColumns))
            text.Append("\nA column whose name has a comma, = or \" in it stands in double quotes: '\"price, net\",id', '\"a=b\"=item'; a \" in it is doubled.\n");
        text.Append("\nexamples\n");
        foreach (string example in verb.Examples)
            text.Append($"  {example}\n");
        return text.ToString().TrimEnd();
    }
}
