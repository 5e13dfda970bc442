namespace GpuCtr.Training.Screens;

/// <summary>A stream of the process as a person sees it: plain lines in a file or a pipe, colours and progress in place on a terminal.</summary>
internal interface IScreen
{
    /// <summary>Whether progress is shown in one place, so that it may be shown often.</summary>
    bool InPlace { get; }

    /// <summary>A line.</summary>
    void Line(string text);

    /// <summary>A table at once; cells that begin with a number are aligned to the right.</summary>
    /// <param name="rows">The head and the rows, all with as many cells.</param>
    void Table(IReadOnlyList<string[]> rows);

    /// <summary>A row of a table that grows; every cell is aligned to the right and as wide as its head.</summary>
    /// <param name="head">The head.</param>
    /// <param name="cells">As many cells.</param>
    /// <param name="first">The head comes before it.</param>
    void Row(string[] head, string[] cells, bool first);

    /// <summary>Where a long piece of work is now; replaces what was shown before, where it can be replaced.</summary>
    void Progress(ProgressState state);

    /// <summary>The work is over: nothing is left of its progress where it was shown in one place.</summary>
    void EndProgress();
}

/// <summary>Where a long piece of work is.</summary>
/// <param name="What">What is going on.</param>
/// <param name="Share">How much of it is done, 0 … 1.</param>
/// <param name="Facts">Speed, time left and whatever else is known, what matters most first: a narrow terminal leaves out the last ones.</param>
internal sealed record ProgressState(string What, double Share, IReadOnlyList<string> Facts)
{
    private const string Gap = "  ";

    /// <summary>The first facts, as many as fit: none is ever cut.</summary>
    /// <param name="width">Places there are for them.</param>
    public string FactsWithin(int width)
    {
        int kept = Facts.Count;
        while (kept > 0 && Facts.Take(kept).Sum(f => f.Length) + (kept - 1) * Gap.Length > width)
            kept--;
        return string.Join(Gap, Facts.Take(kept));
    }
}
