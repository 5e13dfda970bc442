namespace GpuCtr.Training.Tuning;

/// <summary>How much of what differs between trials one option explains.</summary>
/// <param name="Dimension">The option.</param>
/// <param name="Share">Variance between its values over the variance between trials (η² of a one-way analysis), 0 to 1; chance alone makes it (values − 1) ÷ (trials − 1).</param>
/// <param name="Values">Its values or ranges of them, with the mean of their trials, in the order of the option.</param>
internal sealed record OptionInfluence(Dimension Dimension, double Share, IReadOnlyList<(string Value, int Trials, double Mean)> Values)
{
    /// <summary>Ranges of equally many trials that the numbers of a range are cut into.</summary>
    private const int Parts = 4;

    /// <summary>Of every option, after the first epochs: there all trials are.</summary>
    /// <param name="space">The options.</param>
    /// <param name="lines">Trials on one rung.</param>
    /// <param name="valueOf">The value of an option in a trial, as on the command line; null: the default.</param>
    public static IReadOnlyList<OptionInfluence> All(SearchSpace space, IReadOnlyList<TrialLine> lines, Func<TrialLine, Dimension, string?> valueOf) =>
        [.. space.Dimensions.Select(d => Of(d, [.. lines.Select(l => (valueOf(l, d), l.Value!.Value)).Where(v => v.Item1 is not null).Select(v => (v.Item1!, v.Value))])).OfType<OptionInfluence>().OrderByDescending(i => i.Share)];

    private static OptionInfluence? Of(Dimension dimension, (string Text, double Value)[] trials)
    {
        (string Name, double[] Values)[] groups = [.. Groups(dimension, trials)];
        if (groups.Length < 2)
            return null;
        double mean = trials.Average(t => t.Value), all = trials.Sum(t => (t.Value - mean) * (t.Value - mean));
        double between = groups.Sum(g => g.Values.Length * (g.Values.Average() - mean) * (g.Values.Average() - mean));
        return all > 0 ? new(dimension, between / all, [.. groups.Select(g => (g.Name, g.Values.Length, g.Values.Average()))]) : null;
    }

    private static IEnumerable<(string, double[])> Groups(Dimension dimension, (string Text, double Value)[] trials)
    {
        foreach (string choice in dimension.Choices)
            if (trials.Where(t => t.Text == dimension.Normal(choice)).Select(t => t.Value).ToArray() is { Length: > 0 } values)
                yield return (choice, values);
        if (!dimension.HasRange)
            yield break;
        (string Text, double Value)[] ranged = [.. trials.Where(t => dimension.Choices.All(c => dimension.Normal(c) != t.Text)).OrderBy(t => double.Parse(t.Text, System.Globalization.CultureInfo.InvariantCulture))];
        foreach ((string Text, double Value)[] part in ranged.Chunk(Math.Max(1, (ranged.Length + Parts - 1) / Parts)))
            yield return (part[0].Text == part[^1].Text ? part[0].Text : $"{part[0].Text} … {part[^1].Text}", [.. part.Select(t => t.Value)]);
    }
}
