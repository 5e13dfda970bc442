using GpuCtr.Data.Options;

namespace GpuCtr.Engine.Commands;

/// <summary>Completions of a command line; shells call the hidden verb <c>complete</c> with the words so far.</summary>
internal static class Completion
{
    /// <summary>The hidden verb.</summary>
    public const string Verb = "complete";

    /// <summary>Completions of the last word; none if a path or a free value is expected.</summary>
    /// <param name="verbs">All verbs.</param>
    /// <param name="words">The words after gpu-ctr; the last one is being typed and may be empty.</param>
    public static IEnumerable<string> Of(IReadOnlyList<Verb> verbs, IReadOnlyList<string> words)
    {
        string typed = words.Count == 0 ? "" : words[^1];
        return Candidates(verbs, words, typed).Where(c => c.StartsWith(typed, StringComparison.Ordinal));
    }

    private static IEnumerable<string> Candidates(IReadOnlyList<Verb> verbs, IReadOnlyList<string> words, string typed)
    {
        if (words.Count < 2)
            return [.. verbs.Select(v => v.Name), "--help", "--version"];
        if (verbs.FirstOrDefault(v => v.Name == words[0]) is not { } verb)
            return [];
        if (typed.StartsWith('-'))
            return verb.Options.Select(o => o.Flag).Where(n => !words.SkipLast(1).Contains(n)).Append("--help");
        string? last = words.SkipLast(1).LastOrDefault(w => w.StartsWith("--", StringComparison.Ordinal));
        Option? option = verb.Options.FirstOrDefault(o => o.Flag == last);
        bool awaited = option is not null && (option.IsList || (!option.IsSwitch && words[^2] == option.Flag));
        return !awaited ? verb.Words : option!.Declaration.Suggestions?.Split('|') ?? option.Words;
    }
}
